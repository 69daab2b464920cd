package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.store.CalibrationRequest;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.HashMap;
import java.util.Map;
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
            "max-clipped", "batch");

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
     *     {@code --method}, {@code --percentile}, {@code --stratify}, {@code --max-clipped}, {@code --batch}
     * @return one line that says what was done, and one for each warning
     */
    public static String run(SparkSession session, String... arguments) {
        Map<String, String> options = parse(arguments);
        Configuration hadoop = ((org.apache.spark.sql.classic.SparkSession) session).sessionState().newHadoopConf();
        StoredModel model = Arguments.model(new ModelStore(new Path(required(options, "models")), () -> hadoop), required(options, "model"));
        CalibrationRequest request = new CalibrationRequest((int) number(options, "rows", CalibrationRequest.DEFAULT_ROWS),
                options.getOrDefault("method", CalibrationRequest.DEFAULT_METHOD),
                number(options, "percentile", CalibrationRequest.DEFAULT_PERCENTILE),
                number(options, "max-clipped", CalibrationRequest.DEFAULT_MOST_CLIPPED),
                new ObserveOptions((int) number(options, "batch", ObserveOptions.DEFAULT.batchRows()), ObserveOptions.DEFAULT.bins(),
                        ObserveOptions.DEFAULT.stride(), ObserveOptions.DEFAULT.strideFrom()));
        CalibrationJob.Result result = new CalibrationJob(session, model.spec(), hadoop, request, System.err::println)
                .run(required(options, "data"), options.get("stratify"));
        StringBuilder text = new StringBuilder(result.uri() + ": " + result.table().tensors().size() + " tensors, "
                + result.table().histograms().rows() + " rows, " + result.reused() + " of " + result.chunks() + " chunks found finished");
        result.table().warnings(request.mostClipped()).forEach(warning -> text.append(System.lineSeparator()).append("warning: ").append(warning));
        return text.toString();
    }

    private static double number(Map<String, String> options, String name, double otherwise) {
        try {
            return options.containsKey(name) ? Double.parseDouble(options.get(name)) : otherwise;
        } catch (NumberFormatException e) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--" + name + " is '" + options.get(name) + "', which is no number");
        }
    }

    private static Map<String, String> parse(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
            if (!OPTIONS.contains(name) || i + 1 == arguments.length) {
                throw FiresteelException.user("ARGUMENT_UNKNOWN", "argument '" + arguments[i] + "' is not one of --"
                        + String.join(", --", OPTIONS.stream().sorted().toList()) + " with a value");
            }
            options.put(name, arguments[i + 1]);
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) {
        String value = options.get(name);
        if (value == null) {
            throw FiresteelException.user("ARGUMENT_MISSING", "argument --" + name + " is missing; give --models, --model and --data");
        }
        return value;
    }
}
