package io.firesteel.examples.demo;

import java.io.PrintWriter;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The demo's network in INT8: its size, speed and accuracy beside those of fp32. */
final class Int8Demo {

    private static final String CALIBRATE = """
            CALL models.system.calibrate(model => 'digits', rows => 512,
                 data => "SELECT pixels FROM images WHERE split = 'train'")""";

    private static final String QUANTIZE = """
            CALL models.system.quantize(model => 'digits', name => 'digits_int8', metric => 'top1', max_loss => 0.03,
                 validate => "SELECT pixels, label FROM images WHERE split = 'test'")""";

    private static final String SENSITIVITY = "SELECT layer, signal_to_noise, cosine, effect, precision FROM models.digits_int8.sensitivity"
            + " WHERE step = 'layer'";

    private static final double NANOS = 1e9;
    private static final double PERCENT = 100;

    private final SparkSession spark;
    private final PrintWriter out;

    /** @param spark has the tables {@code images} and {@code replicated} and the model {@code digits} */
    Int8Demo(SparkSession spark, PrintWriter out) {
        this.spark = spark;
        this.out = out;
    }

    /**
     * @param query finds the digits of the test images by {@code models.digits}
     * @param rate rows per second of the fp32 network on {@code replicated}
     */
    void run(String query, double rate) {
        out.println(CALIBRATE);
        Row calibration = spark.sql(CALIBRATE).first();
        out.println("  ranges of " + calibration.getAs("tensors") + " tensors from " + calibration.getAs("rows") + " rows");
        out.println();
        out.println(QUANTIZE);
        Row model = spark.sql(QUANTIZE).first();
        out.println("  " + model.getAs("summary"));
        out.println();
        out.println(SENSITIVITY);
        for (Row layer : spark.sql(SENSITIVITY).collectAsList()) {
            out.println(layer.isNullAt(1) ? "  " + layer.getString(0) + "  " + layer.getString(4)
                    : String.format(Locale.ROOT, "  %s  %.1f dB  %.5f  %.4f  %s", layer.getString(0), layer.getDouble(1), layer.getDouble(2),
                            layer.getDouble(3), layer.getString(4)));
        }
        out.println();
        String replicated = query.replace("images WHERE split = 'test'", "replicated");
        double int8Rate = rate(replicated.replace("models.digits(", "models.digits_int8("));
        double fp32Rate = Math.max(rate, rate(replicated));
        int8Rate = Math.max(int8Rate, rate(replicated.replace("models.digits(", "models.digits_int8(")));
        out.println("             fp32        int8");
        line("bytes", model.<Long>getAs("fp32_bytes"), model.<Long>getAs("bytes"), "%,12.0f");
        line("rows/s", fp32Rate, int8Rate, "%,12.0f");
        line("accuracy", PERCENT * accuracy(query), PERCENT * accuracy(query.replace("models.digits(", "models.digits_int8(")), "%11.1f%%");
        out.flush();
    }

    private void line(String what, double fp32, double int8, String format) {
        out.println(String.format(Locale.ROOT, "  %-6s" + format + format, what, fp32, int8).stripTrailing());
    }

    private double accuracy(String query) {
        return spark.sql("SELECT avg(CAST(label = digit AS DOUBLE)) FROM (" + query + ")").first().getDouble(0);
    }

    private double rate(String query) {
        Dataset<Row> timed = spark.sql(query);
        long start = System.nanoTime();
        timed.write().format("noop").mode("overwrite").save();
        double seconds = (System.nanoTime() - start) / NANOS;
        return spark.table("replicated").count() / seconds;
    }
}
