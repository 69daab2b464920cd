package io.firesteel.calibration.table;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.bytes.ByteSink;
import io.firesteel.calibration.bytes.ByteSource;
import io.firesteel.calibration.histogram.Histogram;
import io.firesteel.calibration.histogram.HistogramTable;
import io.firesteel.calibration.threshold.Threshold;
import io.firesteel.calibration.threshold.ThresholdMethod;
import io.firesteel.plan.Plan;
import io.firesteel.quant.Quantizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a calibration has found for a plan.
 *
 * @param planHash the plan
 * @param method the method asked for, as {@link ThresholdMethod#name()} gives it, or {@code imported}
 * @param options how the rows were observed, as text
 * @param histograms what was seen; without tensors where the thresholds were imported
 * @param tensors the thresholds by ONNX value name; tensors of which only zeros were seen are left out
 */
public record CalibrationTable(String planHash, String method, String options, HistogramTable histograms,
        SortedMap<String, Tensor> tensors) {

    /** The method of thresholds that came from elsewhere. */
    public static final String IMPORTED = "imported";

    private static final byte[] MAGIC = {'F', 'S', 'C', 'T'};
    private static final int VERSION = 1;
    private static final long MAX_TENSORS = 1L << 20;

    /**
     * The thresholds of one tensor.
     *
     * @param chosen the one an int8 plan takes
     * @param byMethod those of every method, by {@link ThresholdMethod#name()} up to a colon
     */
    public record Tensor(Threshold chosen, Map<String, Threshold> byMethod) {
        public Tensor {
            byMethod = Collections.unmodifiableMap(new LinkedHashMap<>(byMethod));
        }
    }

    public CalibrationTable {
        tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
    }

    /**
     * Chooses thresholds.
     *
     * @param percentile the percentage of the method {@code percentile}, also where another method is asked for
     */
    public static CalibrationTable of(String planHash, ThresholdMethod method, double percentile, String options,
            HistogramTable histograms) {
        List<ThresholdMethod> methods = List.of(ThresholdMethod.minMax(), ThresholdMethod.percentile(percentile),
                ThresholdMethod.meanSquaredError(), ThresholdMethod.entropy());
        SortedMap<String, Tensor> tensors = new TreeMap<>(histograms.tensors().entrySet().parallelStream()
                .filter(entry -> entry.getValue().largest() > 0)
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> choose(entry.getValue(), method, methods))));
        return new CalibrationTable(planHash, method.name(), options, histograms, tensors);
    }

    private static Tensor choose(Histogram histogram, ThresholdMethod method, List<ThresholdMethod> methods) {
        Map<String, Threshold> byMethod = new LinkedHashMap<>();
        for (ThresholdMethod one : methods) {
            one.choose(histogram).ifPresent(threshold -> byMethod.put(kind(one.name()), threshold));
        }
        Threshold chosen = byMethod.get(method.name());
        return new Tensor(chosen != null ? chosen : method.choose(histogram).orElseThrow(), byMethod);
    }

    private static String kind(String method) {
        return method.replaceFirst(":.*", "");
    }

    /** The table of thresholds that came from elsewhere. */
    public static CalibrationTable imported(String planHash, Map<String, Double> thresholds) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        thresholds.forEach((name, value) -> {
            if (value > 0) {
                tensors.put(name, new Tensor(new Threshold(IMPORTED, value, Double.NaN, Double.NaN, Double.NaN), Map.of()));
            }
        });
        return new CalibrationTable(planHash, IMPORTED, "", new HistogramTable(), tensors);
    }

    /** The magnitudes that become 127, by tensor. */
    public SortedMap<String, Double> thresholds() {
        SortedMap<String, Double> thresholds = new TreeMap<>();
        tensors.forEach((name, tensor) -> thresholds.put(name, tensor.chosen().value()));
        return thresholds;
    }

    /**
     * What puts a plan into int8 by these thresholds.
     *
     * @param plan the calibrated plan
     * @param correctBiases whether the means of channels are used, too
     * @param weightOnlyFrom elements from which weights that are not in int8 are stored as bytes; {@link Long#MAX_VALUE} for none
     * @throws FiresteelException {@code CALIBRATION_OTHER} where the table is another plan's
     */
    public QuantizerInput quantizerInput(Plan plan, boolean correctBiases, long weightOnlyFrom) {
        if (!planHash.equals(plan.hash())) {
            throw FiresteelException.user("CALIBRATION_OTHER", "the calibration belongs to plan " + planHash + ", not to '" + plan.name()
                    + "', " + plan.hash() + ": calibrate this plan");
        }
        Map<String, Float> levels = new TreeMap<>();
        thresholds().forEach((name, value) -> levels.put(name, value.floatValue()));
        return new QuantizerInput(method + (histograms.rows() > 0 ? ", " + histograms.rows() + " rows" : ""), levels,
                correctBiases ? histograms.means() : Map.of(), weightOnlyFrom);
    }

    /** The quantizer of the calibrated plan by these thresholds alone; see {@link #quantizerInput}. */
    public Quantizer quantizer(Plan plan) {
        return quantizerInput(plan, false, Long.MAX_VALUE).quantizer(plan);
    }

    /**
     * What a user should know before trusting the table, one line each.
     *
     * @param mostClipped the share of elements that a tensor may clip without being named, 0 to 1
     */
    public List<String> warnings(double mostClipped) {
        List<String> warnings = new ArrayList<>();
        if (histograms.skippedRows() > 0) {
            warnings.add(histograms.skippedRows() + " rows were skipped because an input is null");
        }
        tensors.forEach((name, tensor) -> {
            if (tensor.chosen().clippedShare() > mostClipped) {
                warnings.add(String.format(Locale.ROOT, "tensor '%s' clips %.3g of its elements at %.6g by %s, more than the %.3g asked for:"
                        + " calibrate with more rows or another method", name, tensor.chosen().clippedShare(),
                        tensor.chosen().value(), tensor.chosen().method(), mostClipped));
            }
        });
        histograms.tensors().forEach((name, histogram) -> {
            if (histogram.finite() == 0) {
                warnings.add("tensor '" + name + "' has no finite element in any row of the sample, so layers that read it stay in real"
                        + " numbers: look at the data");
            } else if (histogram.largest() == 0) {
                warnings.add("tensor '" + name + "' was never excited: it is 0 for every row of the sample");
            }
            if (histogram.nans() + histogram.infinities() > 0) {
                warnings.add("tensor '" + name + "' has " + histogram.nans() + " NaN and " + histogram.infinities()
                        + " infinite elements, which were left out");
            }
        });
        return warnings;
    }

    /** The table as a versioned record with a checksum; equal contents give equal bytes. */
    public byte[] toBytes() {
        ByteSink sink = new ByteSink(MAGIC, VERSION);
        sink.text(planHash);
        sink.text(method);
        sink.text(options);
        sink.block(histograms.toBytes());
        sink.varint(tensors.size());
        tensors.forEach((name, tensor) -> {
            sink.text(name);
            write(sink, tensor.chosen());
            sink.varint(tensor.byMethod().size());
            tensor.byMethod().forEach((kind, threshold) -> {
                sink.text(kind);
                write(sink, threshold);
            });
        });
        return sink.finish();
    }

    private static void write(ByteSink sink, Threshold threshold) {
        sink.text(threshold.method());
        sink.f64(threshold.value());
        sink.f64(threshold.clippedShare());
        sink.f64(threshold.meanSquaredError());
        sink.f64(threshold.signalPower());
    }

    /**
     * The table that {@link #toBytes()} wrote.
     *
     * @throws FiresteelException {@code CALIBRATION_DAMAGED} where the bytes are no table
     */
    public static CalibrationTable fromBytes(byte[] bytes) {
        ByteSource source = new ByteSource("table", bytes, MAGIC, VERSION);
        String planHash = source.text();
        String method = source.text();
        String options = source.text();
        HistogramTable histograms = HistogramTable.fromBytes(source.block());
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        long size = source.varint();
        source.require(size <= MAX_TENSORS, "too many tensors");
        for (long i = 0; i < size; i++) {
            String name = source.text();
            Threshold chosen = read(source);
            Map<String, Threshold> byMethod = new LinkedHashMap<>();
            long methods = source.varint();
            for (long j = 0; j < methods; j++) {
                byMethod.put(source.text(), read(source));
            }
            tensors.put(name, new Tensor(chosen, byMethod));
        }
        source.require(source.atEnd(), "bytes after its end");
        return new CalibrationTable(planHash, method, options, histograms, tensors);
    }

    private static Threshold read(ByteSource source) {
        String method = source.text();
        double value = source.f64();
        source.require(value > 0 && value < Double.POSITIVE_INFINITY, "a threshold that is not positive");
        return new Threshold(method, value, source.f64(), source.f64(), source.f64());
    }

    /** The histogram of a tensor, where one was kept. */
    public Optional<Histogram> histogram(String tensor) {
        return Optional.ofNullable(histograms.tensors().get(tensor));
    }
}
