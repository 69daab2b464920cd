package io.firesteel.spark.jobs;

import io.firesteel.spark.ModelCatalog;
import java.io.IOException;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Scores a table or a query into Parquet:
 *
 * <pre>
 * spark-submit --packages io.firesteel:firesteel-spark_2.13:0.1.0 --class io.firesteel.spark.jobs.ScoreJob spark-internal \
 *     --models s3a://bucket/models --query "SELECT id, models.digits(pixels) FROM parquet.`s3a://bucket/images`" \
 *     --output s3a://bucket/scores/2026-11-20
 * </pre>
 *
 * <p>It is safe to run again, also after a kill at any moment: a finished output is left as it is, an unfinished one is made
 * anew, and the output's place holds either nothing or one whole result. See {@link ScoreOutput}.
 */
public final class ScoreJob {

    private static final Set<String> OPTIONS = Set.of("models", "catalog", "query", "table", "model", "columns", "output",
            "overwrite");

    private ScoreJob() { }

    /** Runs the job; it ends with an exception where the output could not be finished. */
    public static void main(String[] arguments) throws Exception {
        try (SparkSession session = SparkSession.builder().appName("Firesteel scoring").getOrCreate()) {
            System.err.println(run(session, arguments));
        }
    }

    /**
     * Runs the job in a session.
     *
     * @param arguments {@code --output PATH}, {@code --query SQL} or {@code --table NAME --model NAME --columns A,B},
     *     {@code --models PATH} where the session has no catalog {@code models}, {@code --overwrite true} to make a finished
     *     output anew
     * @return one line that says what was done
     */
    public static String run(SparkSession session, String... arguments) throws IOException {
        JobArguments options = JobArguments.of(arguments, OPTIONS,
                "--output and --query, or --output, --table, --model and --columns");
        String catalog = options.get("catalog").orElse("models");
        options.get("models").ifPresent(path -> {
            session.conf().set("spark.sql.catalog." + catalog, ModelCatalog.class.getName());
            session.conf().set("spark.sql.catalog." + catalog + ".path", path);
        });
        String query = options.get("query").orElseGet(() -> "SELECT *, " + catalog + "." + options.required("model") + "("
                + options.required("columns") + ") AS score FROM " + options.required("table"));
        ScoreOutput output = new ScoreOutput(new Path(options.required("output")),
                ((org.apache.spark.sql.classic.SparkSession) session).sessionState().newHadoopConf());
        Dataset<Row> scores = session.sql(query);
        boolean written = output.write(scores, Fingerprint.of(query, scores),
                options.get("overwrite").map(Boolean::parseBoolean).orElse(false));
        return options.required("output") + (written ? ": written" : ": finished before, left as it is");
    }
}
