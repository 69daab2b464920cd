package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.Metric;
import io.firesteel.calibration.sensitivity.QuantizationRequest;
import io.firesteel.plan.Precision;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import io.firesteel.spark.jobs.JobArguments;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Quantizes a calibrated model:
 *
 * <pre>
 * spark-submit --class io.firesteel.calibration.job.QuantizeJob firesteel.jar --models s3a://bucket/models --model resnet50 \
 *     --name resnet50_int8 --validate "SELECT image, label FROM parquet.`s3a://bucket/holdout`" --metric top1 --max-loss 0.003
 * </pre>
 */
public final class QuantizeJob {

    private static final Set<String> OPTIONS = Set.of("models", "model", "name", "validate", "metric", "max-loss", "label", "rows",
            "layer-rows", "precision", "min-signal-to-noise", "bias-correction", "weight-only");

    private QuantizeJob() { }

    /** Runs the job; it ends with an exception where the model could not be quantized, or the bound does not hold. */
    public static void main(String[] arguments) throws Exception {
        try (SparkSession session = SparkSession.builder().appName("Firesteel quantization").getOrCreate()) {
            System.err.println(run(session, arguments));
        }
    }

    /**
     * Runs the job in a session.
     *
     * @param arguments {@code --models PATH --model NAME --name NAME}, and as the procedure's parameters {@code --validate},
     *     {@code --metric}, {@code --max-loss}, {@code --label}, {@code --rows}, {@code --layer-rows}, {@code --precision},
     *     {@code --min-signal-to-noise}, {@code --bias-correction}, {@code --weight-only}
     * @return one line that says what was done
     */
    public static String run(SparkSession session, String... arguments) {
        JobArguments options = JobArguments.of(arguments, OPTIONS, "--models, --model and --name");
        Configuration hadoop = ((org.apache.spark.sql.classic.SparkSession) session).sessionState().newHadoopConf();
        ModelStore store = new ModelStore(new Path(options.required("models")), () -> hadoop);
        StoredModel model = Arguments.model(store, options.required("model"));
        String name = Arguments.newName(model, "name", options.required("name"));
        QuantizationRequest request = new QuantizationRequest(Metric.parse(options.get("metric").orElse(QuantizationRequest.DEFAULT_METRIC)),
                options.number("max-loss", Double.NaN), options.whole("rows", QuantizationRequest.DEFAULT_ROWS),
                options.whole("layer-rows", QuantizationRequest.DEFAULT_LAYER_ROWS),
                Precision.parse(options.get("precision").orElse(QuantizationRequest.DEFAULT_PRECISION)),
                options.number("min-signal-to-noise", QuantizationRequest.DEFAULT_LEAST_SIGNAL_TO_NOISE),
                options.flag("bias-correction", QuantizationRequest.DEFAULT_BIAS_CORRECTION),
                (long) options.number("weight-only", Long.MAX_VALUE));
        QuantizationJob job = new QuantizationJob(session, model, Arguments.table(model), request, System.err::println);
        return QuantizedModel.publish(store, model, name, job.run(name, options.get("validate").orElse(null),
                options.get("label").orElse("label"))).text();
    }
}
