package io.firesteel.calibration.table;

import io.firesteel.calibration.bytes.ByteSink;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.plan.Plan;
import io.firesteel.quant.Quantizer;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a calibration tells the quantizer of its plan, as it travels to executors.
 *
 * @param calibration the method and rows, in words
 * @param thresholds the magnitudes that become 127, by tensor
 * @param means of the channels of what layers read, by tensor; empty where biases are not corrected
 * @param weightOnlyFrom elements from which embedding tables, and the weights of products that are not in int8, are stored as bytes
 */
public record QuantizerInput(String calibration, Map<String, Float> thresholds, Map<String, double[]> means, long weightOnlyFrom)
        implements Serializable {

    private static final byte[] MAGIC = {'F', 'S', 'Q', 'I'};

    /** The quantizer of the calibrated plan. */
    public Quantizer quantizer(Plan plan) {
        Quantizer quantizer = Quantizer.of(plan, thresholds).calibratedBy(calibration);
        quantizer = means.isEmpty() ? quantizer : quantizer.correctingBiases(means);
        return weightOnlyFrom == Long.MAX_VALUE ? quantizer : quantizer.weightOnlyFrom(weightOnlyFrom);
    }

    /** Identifies the contents: equal for equal ones. */
    public String key() {
        ByteSink sink = new ByteSink(MAGIC, 1);
        new TreeMap<>(thresholds).forEach((tensor, threshold) -> {
            sink.text(tensor);
            sink.f32(threshold);
        });
        new TreeMap<>(means).forEach((tensor, channels) -> {
            sink.text(tensor);
            sink.varint(channels.length);
            Arrays.stream(channels).forEach(sink::f64);
        });
        sink.varint(weightOnlyFrom);
        return ContentHash.of(sink.finish()).text();
    }
}
