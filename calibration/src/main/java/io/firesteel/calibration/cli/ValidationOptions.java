package io.firesteel.calibration.cli;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.calibration.job.QuantizationJob;
import io.firesteel.calibration.sensitivity.Metric;
import io.firesteel.calibration.sensitivity.Quantization;
import io.firesteel.calibration.sensitivity.QuantizationRequest;
import io.firesteel.calibration.sensitivity.QuantizedPlans;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.MeasuredNetworks;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.table.QuantizerInput;
import io.firesteel.cli.Npy;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options of {@code firesteel quantize} that bound the loss of accuracy. */
final class ValidationOptions {

    private static final List<String> ABOUT_ROWS = List.of("--max-loss", "--metric", "--label", "--columns", "--rows", "--layer-rows",
            "--precision", "--device");

    @Option(names = "--validate",
            description = "rows to measure accuracy on: FILE.npy, or NAME=FILE.npy for each of several inputs, or a Parquet file or folder")
    private List<String> validate = List.of();

    @Option(names = "--columns", split = ",", description = "Parquet columns that are the inputs (default: all but the label)")
    private List<String> columns = List.of();

    @Option(names = "--label", defaultValue = "label", description = "FILE.npy with the classes' indices, or the Parquet column (default: ${DEFAULT-VALUE})")
    private String label;

    @Option(names = "--metric", defaultValue = QuantizationRequest.DEFAULT_METRIC,
            description = "top1, top5, or mse or cosine against the fp32 outputs, which need no label (default: ${DEFAULT-VALUE})")
    private String metric;

    @Option(names = "--max-loss", description = "the most that may be lost of the metric, up to the upper end of the 95%% interval")
    private Double bound;

    @Option(names = "--rows", defaultValue = "" + QuantizationRequest.DEFAULT_ROWS,
            description = "the most rows taken, half to select layers by and half to test on (default: ${DEFAULT-VALUE})")
    private int rows;

    @Option(names = "--layer-rows", defaultValue = "" + QuantizationRequest.DEFAULT_LAYER_ROWS,
            description = "rows on which each layer's effect is measured (default: ${DEFAULT-VALUE})")
    private int layerRows;

    @Option(names = "--precision", defaultValue = QuantizationRequest.DEFAULT_PRECISION,
            description = "what layers that are not in int8 may compute in, with --validate (default: ${DEFAULT-VALUE})")
    private String precision;

    @Option(names = "--device", defaultValue = "auto", description = "where to validate: auto, cpu, cuda, cuda:N or reference (default: ${DEFAULT-VALUE})")
    private String device;

    /**
     * Whether rows were given.
     *
     * @throws FiresteelException {@code ARGUMENT_MISSING} where they were not, but an option that is about them was
     */
    boolean areGiven(ParseResult arguments) {
        for (String option : validate.isEmpty() ? ABOUT_ROWS : List.<String>of()) {
            if (arguments.hasMatchedOption(option)) {
                throw FiresteelException.user("ARGUMENT_MISSING", option + " needs rows to measure the loss on: give --validate");
            }
        }
        return !validate.isEmpty();
    }

    /** What is asked for beside these options. */
    QuantizationRequest request(boolean correctBiases, long weightOnlyFrom) {
        return new QuantizationRequest(Metric.parse(metric), bound == null ? Double.NaN : bound, rows, layerRows,
                Precision.parse(precision), QuantizationRequest.DEFAULT_LEAST_SIGNAL_TO_NOISE, correctBiases, weightOnlyFrom);
    }

    /** Quantizes the plan in a file so that the bound holds. */
    Quantization quantize(String name, Path file, Plan plan, CalibrationTable table, QuantizationRequest request, Consumer<String> progress) {
        if (CalibrateCommand.areTensors(validate)) {
            if (!columns.isEmpty()) {
                throw FiresteelException.user("ARGUMENT_UNKNOWN", "--columns is about Parquet columns, --validate names .npy files: give a"
                        + " Parquet file or folder");
            }
            return onTensors(name, file, plan, table, request, progress);
        }
        try (ParquetRows parquet = new ParquetRows("quantize", "--validate", validate, device)) {
            Optional<String> labels = Optional.of(label).filter(column -> request.metric().labelled() && parquet.hasColumn(column));
            QuantizationJob.Result result = new QuantizationJob(parquet.session(), parquet.model(file), table, request, progress)
                    .run(name, parquet.select(columns, labels), label);
            if (result.skipped() > 0) {
                progress.accept("warning: " + result.skippedText());
            }
            return result.quantization();
        }
    }

    private Quantization onTensors(String name, Path file, Plan plan, CalibrationTable table, QuantizationRequest request,
            Consumer<String> progress) {
        Tensor labels = null;
        if (request.metric().labelled()) {
            if (!label.endsWith(".npy")) {
                throw FiresteelException.user("LABEL_MISSING", "metric " + metric + " needs labels: give --label FILE.npy, or --metric mse or"
                        + " cosine, which need none");
            }
            labels = Npy.read(Path.of(label));
        }
        QuantizerInput input = request.input(plan, table);
        QuantizedPlans plans = new QuantizedPlans(input.quantizer(plan), request.precision());
        try (Engine engine = Engine.open(plan, Backends.device(device), EngineOptions.defaults().withPrecision(Precision.FP32))) {
            TensorRows tensors = new TensorRows(engine, TensorRows.files(plan.signature(), validate, "--validate"));
            TensorEvaluation evaluation = new TensorEvaluation(engine, tensors, labels, plans, request, progress);
            MeasuredNetworks measured = new MeasuredNetworks(evaluation, CalibrationFolder.of(new org.apache.hadoop.fs.Path(file.toUri()).toString(), new Configuration()),
                    request.evaluation(plan, input, device));
            Quantization quantization = Quantization.validated(name, plan, plans, request, measured, evaluation::jobs);
            measured.finish();
            return quantization;
        }
    }
}
