package io.firesteel.calibration.job;

import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.store.CalibrationRequest;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import io.firesteel.spark.jobs.JobArguments;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Calibrates a model:
 *
 * <pre>
 * spark-submit --class io.firesteel.calibration.job.CalibrateJob firesteel.jar --models s3a://bucket/models \
 *     --model resnet50 --data "SELECT image FROM parquet.`s3a://bucket/train`" --rows 4096 --method entropy
 * </pre>
 *
 * <p>A run that was killed goes on where it was: the chunks of the sample that it had finished are taken as they are.
 */
public final class CalibrateJob {

    private static final Set<String> OPTIONS = Set.of("models", "model", "data", "rows", "method", "percentile", "stratify",
            "max-clipped", "batch", "equalize");

    private CalibrateJob() { }

    /** Runs the job; it ends with an exception where the model could not be calibrated. */
    public static void main(String[] arguments) throws Exception {
        try (SparkSession session = SparkSession.builder().appName("Firesteel calibration").getOrCreate()) {
            System.err.println(run(session, arguments));
        }
    }

    /**
     * Runs the job in a session.
     *
     * @param arguments {@code --models PATH --model NAME --data SQL}, and as the procedure's parameters {@code --rows},
     *     {@code --method}, {@code --percentile}, {@code --stratify}, {@code --max-clipped}, {@code --batch}, {@code --equalize}
     * @return one line that says what was done, and one for each warning
     */
    public static String run(SparkSession session, String... arguments) {
        JobArguments options = JobArguments.of(arguments, OPTIONS, "--models, --model and --data");
        Configuration hadoop = ((org.apache.spark.sql.classic.SparkSession) session).sessionState().newHadoopConf();
        ModelStore store = new ModelStore(new Path(options.required("models")), () -> hadoop);
        StoredModel source = Arguments.model(store, options.required("model"));
        CalibrationRequest request = new CalibrationRequest(options.whole("rows", CalibrationRequest.DEFAULT_ROWS),
                options.get("method").orElse(CalibrationRequest.DEFAULT_METHOD),
                options.number("percentile", CalibrationRequest.DEFAULT_PERCENTILE),
                options.number("max-clipped", CalibrationRequest.DEFAULT_MOST_CLIPPED),
                new ObserveOptions(options.whole("batch", ObserveOptions.DEFAULT.batchRows()), ObserveOptions.DEFAULT.bins(),
                        ObserveOptions.DEFAULT.stride(), ObserveOptions.DEFAULT.strideFrom()));
        String data = options.required("data");
        CalibratedModel calibrated = CalibratedModel.of(store, source, options.get("equalize"));
        StoredModel model = calibrated.stored();
        CalibrationJob.Result result = new CalibrationJob(session, model.spec(), hadoop, request, System.err::println)
                .run(data, options.get("stratify").orElse(null));
        StringBuilder text = new StringBuilder(result.uri() + ": " + result.table().tensors().size() + " tensors, "
                + result.table().histograms().rows() + " rows, " + result.reused() + " of " + result.chunks() + " chunks found finished"
                + (calibrated.pairs() == null ? "" : "; " + calibrated.pairs() + " pairs of layers equalized"));
        request.warnings(result.table()).forEach(warning -> text.append(System.lineSeparator()).append("warning: ").append(warning));
        return text.toString();
    }
}
