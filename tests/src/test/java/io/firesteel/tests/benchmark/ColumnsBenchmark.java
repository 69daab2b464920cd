package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.cli.NetworkCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rows per second of SQL over Parquet, with columnar input, over those of the engine alone, taking turns. */
@Command(name = "columns", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures SQL over Parquet against the engine alone with as many threads and inputs in host memory.")
final class ColumnsBenchmark implements Callable<Integer> {

    private static final int DISTINCT_BYTES = 4 << 20;
    private static final int READER_BYTES = 256 << 10;
    private static final int LEAST_READER_ROWS = 16;
    private static final int MOST_READER_ROWS = 4096;

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", defaultValue = "mlp,mobilenet_v2,resnet50", description = "networks (default: ${DEFAULT-VALUE})")
    private List<String> only;

    @Option(names = "--threads", defaultValue = "2", description = "tasks at a time, of one thread each (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--column", defaultValue = "array", description = "array (of floats) or binary (the raw tensor) (default: ${DEFAULT-VALUE})")
    private String column;

    @Option(names = "--seconds", defaultValue = "20", description = "about how long a query takes (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(names = "--rounds", defaultValue = "5", description = "turns of each (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--processor-time", description = "Take rates by the processor time of the tasks' threads, on machines that do other work as well.")
    private boolean processorTime;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("firesteel-spark-benchmark");
        try (SparkSession spark = SparkBenchmark.session(threads, scratch)) {
            spark.conf().set("parquet.enable.dictionary", false);
            spark.conf().set("spark.sql.parquet.compression.codec", "uncompressed");
            for (String name : only) {
                measure(spark, new NetworkCase(networks.resolve(name)), scratch);
            }
        } finally {
            SparkBenchmark.delete(scratch);
        }
        return 0;
    }

    private void measure(SparkSession spark, NetworkCase network, Path scratch) throws IOException, InterruptedException {
        Plan plan = Compiler.compile(OnnxModel.of(network.name(), network.model(), networks.resolve(network.name())),
                CompileOptions.of(network.name(), Precision.FP32));
        ModelFolder.publish(plan, scratch.resolve("models").resolve(network.name()));
        String input = plan.signature().inputs().get(0).name();
        int rowBytes = network.input(input, 1).buffer().capacity();
        Path table = scratch.resolve("tables").resolve(network.name());
        boolean scalar = plan.signature().outputs().get(0).tensor().shape().rank() == 1;
        String sql = "SELECT sum(models." + network.name() + "(x)" + (scalar ? "" : "[0]") + ") FROM parquet.`" + table + "`";

        int readerRows = Math.max(LEAST_READER_ROWS, Math.min(MOST_READER_ROWS, READER_BYTES / rowBytes / LEAST_READER_ROWS * LEAST_READER_ROWS));
        spark.conf().set("spark.sql.parquet.columnarReaderBatchSize", readerRows);
        write(spark, network, input, (long) threads * readerRows, table);
        QueryTimes first = QueryTimes.run(spark.sql(sql));
        int batch = (int) (first.rows() / first.batches());
        try (Contender engine = new FiresteelContender(plan, network, batch, threads)) {
            double rate = new Windows(1, 1, 1, processorTime).measure(List.of(engine))[0] * batch;
            write(spark, network, input, ((long) (seconds * rate / threads) / readerRows + 1) * readerRows * threads, table);
            report(network.name(), batch, spark, sql, engine);
        }
    }

    private void report(String name, int batch, SparkSession spark, String sql, Contender engine) throws InterruptedException {
        QueryTimes last = QueryTimes.run(spark.sql(sql));
        double[] alone = new double[rounds];
        double[] query = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            alone[round] = new Windows(1, last.seconds(), 0, processorTime).measure(List.of(engine))[0] * batch;
            last = QueryTimes.run(spark.sql(sql));
            query[round] = last.rows() / (processorTime ? last.processorSeconds() / threads : last.seconds());
        }
        double busy = last.seconds() * threads;
        System.out.println(String.format(Locale.ROOT, "%-12s %s, batch %d, %d threads%s: SQL %.1f rows/s, engine %.1f rows/s: %.3f"
                + "   (the last query: %d rows in %.2f s; of its threads' time %.1f%% computing, %.1f%% copying, %.1f%% scan and the rest)",
                name, column, batch, threads, processorTime ? ", by processor time" : "", Windows.median(query), Windows.median(alone),
                Windows.median(query) / Windows.median(alone), last.rows(), last.seconds(), 100 * last.computeSeconds() / busy,
                100 * last.copySeconds() / busy, 100 * (busy - last.computeSeconds() - last.copySeconds()) / busy));
    }

    /** A file for each thread, of a few rows after the recipe again and again. */
    private void write(SparkSession spark, NetworkCase network, String input, long rows, Path table) {
        int rowBytes = network.input(input, 1).buffer().capacity();
        int distinct = Math.max(1, DISTINCT_BYTES / rowBytes);
        byte[] values = new byte[distinct * rowBytes];
        network.input(input, distinct).buffer().get(0, values);
        boolean binary = column.equals("binary");
        spark.udf().register("tensor", (UDF1<Long, Object>) id -> {
            byte[] bytes = new byte[rowBytes];
            System.arraycopy(values, (int) (id % distinct) * rowBytes, bytes, 0, rowBytes);
            return binary ? bytes : floats(bytes);
        }, binary ? DataTypes.BinaryType : DataTypes.createArrayType(DataTypes.FloatType, false));
        spark.range(0, rows, 1, threads).selectExpr("tensor(id) AS x").write().mode("overwrite").parquet(table.toString());
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
