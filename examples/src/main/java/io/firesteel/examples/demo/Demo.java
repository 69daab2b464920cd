package io.firesteel.examples.demo;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** What the demo does with a Spark session whose catalog {@code models} is empty. */
final class Demo {

    private static final String QUERY = """
            SELECT id, label, array_position(logits, array_max(logits)) - 1 AS digit
            FROM (SELECT id, label, models.digits(pixels) AS logits
                  FROM images WHERE split = 'test')""";

    private static final double NANOS = 1e9;

    private final SparkSession spark;
    private final DemoFolder folder;
    private final PrintWriter out;
    private final Function<String, ProgressBar> bars;

    /**
     * @param folder where data and models go
     * @param out where results are printed
     * @param bars makes a progress bar from its title
     */
    Demo(SparkSession spark, DemoFolder folder, PrintWriter out, Function<String, ProgressBar> bars) {
        this.spark = spark;
        this.folder = folder;
        this.out = out;
        this.bars = bars;
    }

    /** @param rows least number of rows of the timed run */
    void run(int rows) {
        importModel(folder.copy("digits.onnx"));
        spark.read().parquet(folder.copy("digits.parquet").toUri().toString()).createOrReplaceTempView("images");
        query();
        score();
        double rate = measure(rows);
        new Int8Demo(spark, out).run(QUERY, rate);
    }

    private void importModel(Path onnx) {
        String call = "CALL models.system.import_model(name => 'digits', onnx => '" + onnx.toUri().getPath() + "')";
        out.println(call);
        Row model = spark.sql(call).first();
        out.println("  " + model.getAs("name") + model.getAs("signature") + ", " + model.getAs("layers_before") + " layers optimized to "
                + model.getAs("layers_after"));
        out.println();
    }

    private void query() {
        out.println(QUERY);
        out.println();
        Dataset<Row> predictions = spark.sql(QUERY);
        predictions.createOrReplaceTempView("predictions");
        out.println(spark.sql("EXPLAIN " + QUERY).first().getString(0).strip());
        out.println();
        out.println("  id label digit");
        for (Row row : spark.sql("SELECT id, label, digit FROM predictions ORDER BY id LIMIT 10").collectAsList()) {
            out.println(String.format(Locale.ROOT, "%4d %5d %5d", row.getInt(0), row.getInt(1), row.getLong(2)));
        }
        out.println();
        out.flush();
    }

    private void score() {
        Row counts = spark.sql("SELECT count_if(label = digit), count(*) FROM predictions").first();
        long right = counts.getLong(0);
        long all = counts.getLong(1);
        out.println(String.format(Locale.ROOT, "accuracy %.1f%% (%d of the %d images not trained on)", 100.0 * right / all, right, all));
        out.flush();
    }

    /** The same images many times over, as a table of several files, from Parquet to predictions. */
    private double measure(int rows) {
        Dataset<Row> images = spark.table("images");
        long count = images.count();
        long copies = (rows + count - 1) / count;
        int files = Integer.parseInt(spark.conf().get("spark.sql.files.minPartitionNum"));
        String path = folder.resolve("replicated.parquet").toUri().toString();
        spark.range(0, copies, 1, files).toDF("copy").crossJoin(functions.broadcast(images)).drop("copy", "split").write().parquet(path);
        spark.read().parquet(path).createOrReplaceTempView("replicated");
        Dataset<Row> timed = spark.sql(QUERY.replace("images WHERE split = 'test'", "replicated"));
        ProgressBar bar = bars.apply("scoring " + copies * count + " rows");
        spark.sparkContext().addSparkListener(bar);
        long start = System.nanoTime();
        timed.write().format("noop").mode("overwrite").save();
        double seconds = (System.nanoTime() - start) / NANOS;
        spark.sparkContext().removeSparkListener(bar);
        bar.finish();
        long scored = copies * count;
        out.println(String.format(Locale.ROOT, "%.0f rows per second, from Parquet to predictions (%d rows in %.1f s, %d tasks at a time)",
                scored / seconds, scored, seconds, spark.sparkContext().defaultParallelism()));
        out.println();
        out.flush();
        return scored / seconds;
    }
}
