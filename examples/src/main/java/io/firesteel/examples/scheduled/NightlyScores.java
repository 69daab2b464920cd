package io.firesteel.examples.scheduled;

import io.firesteel.FiresteelException;
import io.firesteel.spark.ModelCatalog;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Scores one day of the digit images with {@code models.digits}: reads the partition {@code day=DAY} of Parquet images
 * (columns {@code id}, {@code pixels}), replaces the same partition of Parquet scores ({@code id}, {@code digit}) and leaves
 * all other days as they are. Running it again, also after a kill, gives the same table.
 *
 * <pre>
 * spark-submit --class io.firesteel.examples.scheduled.NightlyScores ... MODELS IMAGES SCORES [DAY]
 * </pre>
 *
 * <p>MODELS, IMAGES and SCORES are folders on any Hadoop file system; DAY is {@code yyyy-mm-dd}, by default yesterday in UTC.
 */
public final class NightlyScores {

    private static final int LEAST_ARGUMENTS = 3;

    private NightlyScores() { }

    /** Runs the job; it ends with an exception where the day could not be scored. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < LEAST_ARGUMENTS || arguments.length > LEAST_ARGUMENTS + 1) {
            throw FiresteelException.user("ARGUMENT_INVALID", "give MODELS IMAGES SCORES [DAY], not " + arguments.length
                    + " argument(s)");
        }
        LocalDate day = arguments.length == LEAST_ARGUMENTS ? LocalDate.now(ZoneOffset.UTC).minusDays(1)
                : parse(arguments[LEAST_ARGUMENTS]);
        try (SparkSession spark = SparkSession.builder().appName("scores of " + day)
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", arguments[0])
                .getOrCreate()) {
            long rows = score(spark, arguments[1], arguments[2], day);
            System.out.println(rows + " images of " + day + " scored into " + arguments[2]);
        }
    }

    /**
     * Scores a day.
     *
     * @param spark a session whose catalog {@code models} has the model {@code digits}
     * @return the number of images
     */
    private static long score(SparkSession spark, String images, String scores, LocalDate day) {
        Dataset<Row> today = spark.read().parquet(images).where("day = DATE'" + day + "'");
        long rows = today.count();
        if (rows == 0) {
            throw FiresteelException.user("DAY_EMPTY", images + " has no images of " + day + "; its scores stay as they are");
        }
        today.createOrReplaceTempView("images_of_the_day");
        spark.sql("""
                SELECT id, CAST(array_position(logits, array_max(logits)) - 1 AS INT) AS digit, day
                FROM (SELECT id, day, models.digits(pixels) AS logits FROM images_of_the_day)""")
                .write().mode("overwrite").option("partitionOverwriteMode", "dynamic").partitionBy("day").parquet(scores);
        return rows;
    }

    private static LocalDate parse(String day) {
        try {
            return LocalDate.parse(day);
        } catch (DateTimeParseException e) {
            throw FiresteelException.user("ARGUMENT_INVALID", "DAY is '" + day + "' but must be a date such as 2026-11-20");
        }
    }
}
