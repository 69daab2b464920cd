package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.cli.NetworkCase;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import io.firesteel.plan.Signature;
import io.firesteel.processing.Postprocessing;
import io.firesteel.processing.Preprocessing;
import io.firesteel.spark.columnar.InferenceTask;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
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
    private static final int MOST_READER_ROWS = 4096;
    private static final int FEW_ROWS = 8;
    private static final int FILE_BYTES = 96 << 20;
    private static final int IMAGE_RANK = 4;

    /** How a row's input is stored. */
    private enum Column { ARRAY, BINARY, BYTES }

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", defaultValue = "mlp,mobilenet_v2,resnet50", description = "networks (default: ${DEFAULT-VALUE})")
    private List<String> only;

    @Option(names = "--threads", defaultValue = "2", description = "tasks at a time, of one thread each (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--column", defaultValue = "array", description = "array (of floats), binary (the raw tensor), or bytes (a binary of bytes"
            + " that the plan scales, images channels last) (default: ${DEFAULT-VALUE})")
    private Column column;

    @Option(names = "--batch", defaultValue = "0", description = "rows of a batch; 0: as Firesteel chooses (default: ${DEFAULT-VALUE})")
    private int batchSize;

    @Option(names = "--warm-up", defaultValue = "20", description = "queries over few rows that come first (default: ${DEFAULT-VALUE})")
    private int warmUp;

    @Option(names = "--seconds", defaultValue = "40", description = "about how long a query takes (default: ${DEFAULT-VALUE})")
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
            spark.conf().set("spark.sql.files.maxPartitionBytes", 1L << 40);
            spark.conf().set("spark.firesteel.batchSize", batchSize);
            for (String name : only) {
                measure(spark, new NetworkCase(networks.resolve(name)), scratch);
            }
        } finally {
            SparkBenchmark.delete(scratch);
        }
        return 0;
    }

    private void measure(SparkSession spark, NetworkCase network, Path scratch) throws IOException, InterruptedException {
        String name = network.name();
        Plan plan = compile(name, OnnxModel.of(name, network.model(), networks.resolve(name)));
        ModelSpec model = ModelSpec.of(name, "", PlanReader.header(ModelFolder.publish(plan, scratch.resolve("models").resolve(name))));
        int rowBytes = model.inputs().get(0).bytes();
        int batch = InferenceTask.batchRows(model, FiresteelConf.from(key -> spark.conf().get(key, null)));
        byte[] values = values(network, model.inputs().get(0).name(), Math.max(1, DISTINCT_BYTES / rowBytes), rowBytes);
        int readerRows = Math.max(batch, Math.min(MOST_READER_ROWS, READER_BYTES / rowBytes / batch * batch));
        spark.conf().set("spark.sql.parquet.columnarReaderBatchSize", readerRows);

        Path few = scratch.resolve("tables").resolve(name + "_few");
        write(spark, values, rowBytes, FEW_ROWS, few);
        EngineOptions options = batchSize > 0 ? EngineOptions.defaults().withBucket(batchSize) : EngineOptions.defaults();
        try (Contender engine = new FiresteelContender(plan, options, batch, threads, batches(values, batch * rowBytes))) {
            double rate = new Windows(1, 1, 1, processorTime).measure(List.of(engine))[0] * batch;
            double taskRows = seconds * rate / threads;
            int fileRows = (int) Math.max(1, Math.min(FILE_BYTES / (double) rowBytes, taskRows) / readerRows) * readerRows;
            int passes = (int) Math.max(1, Math.round(taskRows / fileRows));
            Path table = scratch.resolve("tables").resolve(name);
            write(spark, values, rowBytes, fileRows, table);
            for (int i = 0; i < warmUp; i++) {
                QueryTimes.run(spark.sql(query(model, few, passes)));
            }
            report(name, batch, spark, query(model, table, passes), engine);
        }
    }

    private Plan compile(String name, OnnxModel model) {
        CompileOptions options = CompileOptions.of(name, Precision.FP32);
        if (column != Column.BYTES) {
            return Compiler.compile(model, options);
        }
        Plan floats = Compiler.compile(model, options);
        Signature.Port input = floats.signature().inputs().get(0);
        boolean image = input.tensor().shape().rank() == IMAGE_RANK;
        Preprocessing scaled = new Preprocessing(input.name(), 1 / 255.0, image ? List.of(0.485, 0.456, 0.406) : List.of(0.0),
                image ? List.of(0.229, 0.224, 0.225) : List.of(1.0), image);
        return Compiler.compile(model, options.with(List.of(scaled), Postprocessing.NONE));
    }

    /** The query with the table read several times, which makes as many equal tasks of each thread. */
    private static String query(ModelSpec model, Path table, int passes) {
        String rows = String.join(" UNION ALL ", Collections.nCopies(passes, "SELECT x FROM parquet.`" + table + "`"));
        return "SELECT sum(models." + model.name() + "(x)" + (model.outputs().get(0).isScalar() ? "" : "[0]") + ") FROM (" + rows + ")";
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
                name, column.name().toLowerCase(Locale.ROOT), batch, threads, processorTime ? ", by processor time" : "",
                Windows.median(query), Windows.median(alone), Windows.median(query) / Windows.median(alone), last.rows(), last.seconds(),
                100 * last.computeSeconds() / busy, 100 * last.copySeconds() / busy,
                100 * (busy - last.computeSeconds() - last.copySeconds()) / busy));
    }

    /** A few rows: the recipe's, or any bytes. */
    private byte[] values(NetworkCase network, String input, int rows, int rowBytes) {
        byte[] values = new byte[rows * rowBytes];
        if (column == Column.BYTES) {
            new Random(1).nextBytes(values);
        } else {
            network.input(input, rows).buffer().get(0, values);
        }
        return values;
    }

    /** The values again and again, as many bytes for each thread as its file has at most: like a file's, they are in memory, not in a cache. */
    private ByteBuffer[][] batches(byte[] values, int bytes) {
        ByteBuffer[][] batches = new ByteBuffer[Math.max(1, FILE_BYTES / bytes) * threads][];
        int at = 0;
        for (int i = 0; i < batches.length; i++) {
            ByteBuffer batch = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
            while (batch.hasRemaining()) {
                int length = Math.min(values.length - at, batch.remaining());
                batch.put(values, at, length);
                at = (at + length) % values.length;
            }
            batches[i] = new ByteBuffer[] {batch.flip()};
        }
        return batches;
    }

    /** A file of {@code rows} rows for each thread, the values again and again. */
    private void write(SparkSession spark, byte[] values, int rowBytes, int rows, Path table) {
        int distinct = values.length / rowBytes;
        boolean array = column == Column.ARRAY;
        spark.udf().register("tensor", (UDF1<Long, Object>) id -> {
            byte[] bytes = new byte[rowBytes];
            System.arraycopy(values, (int) (id % distinct) * rowBytes, bytes, 0, rowBytes);
            return array ? floats(bytes) : bytes;
        }, array ? DataTypes.createArrayType(DataTypes.FloatType, false) : DataTypes.BinaryType);
        spark.range(0, (long) rows * threads, 1, threads).selectExpr("tensor(id) AS x").write().parquet(table.toString());
    }

    private static float[] floats(byte[] bytes) {
        float[] floats = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
