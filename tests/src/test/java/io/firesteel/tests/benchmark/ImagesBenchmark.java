package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Memory;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.engine.TacticStore;
import io.firesteel.memory.NativeMemory;
import io.firesteel.memory.Scope;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import io.firesteel.processing.Postprocessing;
import io.firesteel.processing.Preprocessing;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Images per second of SQL over a binary column of bytes in Parquet, over those of the pipeline from pinned memory to results. */
@Command(name = "images", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures SQL over Parquet's bytes against the pipeline from pinned host memory to results.")
final class ImagesBenchmark implements Callable<Integer> {

    private static final String MODEL = "classify";
    private static final int DISTINCT = 64;
    private static final int READER_BYTES = 8 << 20;
    private static final int PIPELINE_TASKS = 3;
    private static final int FIRST_STEPS = 4;
    private static final double ALONE_SECONDS = 1.5;

    @Option(names = "--model", required = true, description = "an ONNX file of one input [N, C, H, W]")
    private Path onnx;

    @Option(names = "--device", defaultValue = "cuda", description = "(default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--precision", defaultValue = "fp16", description = "(default: ${DEFAULT-VALUE})")
    private String precision;

    @Option(names = "--batch", defaultValue = "256", description = "(default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--threads", defaultValue = "16", description = "tasks at a time (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--images", defaultValue = "65536", description = "images of the table (default: ${DEFAULT-VALUE})")
    private long images;

    @Option(names = "--passes", defaultValue = "4", description = "how often a query reads the table (default: ${DEFAULT-VALUE})")
    private int passes;

    @Option(names = "--rounds", defaultValue = "5", description = "turns of each (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--reader-rows", split = ",", description = "rows of the reader's batches, each measured (default: a power of two of about 4 MB)")
    private List<Integer> readerRows = List.of();

    @Option(names = "--compare-threads", description = "Compare all results with those of one task at a time, bit by bit.")
    private boolean compareThreads;

    @Override
    public Integer call() throws Exception {
        Path scratch = Files.createTempDirectory("firesteel-spark-benchmark");
        try {
            Plan plan = publish(scratch);
            try (SparkSession spark = session(threads, scratch)) {
                String symbol = plan.signature().batchSymbol().orElseThrow();
                write(spark, scratch.resolve("table"),
                        (int) plan.signature().inputs().get(0).tensor().shape().bind(Map.of(symbol, 1L)).elements());
                for (int rows : readerRows) {
                    measure(plan, spark, scratch, rows);
                }
            }
            return compareThreads ? compare(scratch) : 0;
        } finally {
            SparkBenchmark.delete(scratch);
        }
    }

    private void measure(Plan plan, SparkSession spark, Path scratch, int rowsRead) throws InterruptedException {
        spark.conf().set("spark.sql.parquet.columnarReaderBatchSize", rowsRead);
        String query = query(scratch, passes, "sum(models." + MODEL + "(x))");
        spark.sql("EXPLAIN " + query).collectAsList().forEach(row -> System.out.println(row.getString(0)));
        show("first query, with tuning", QueryTimes.run(spark.sql(query)));
        QueryTimes last = QueryTimes.run(spark.sql(query));
        show("second query", last);
        EngineOptions options = EngineOptions.defaults().withBuckets(List.of(batch)).withSessions(PIPELINE_TASKS)
                .withTactics(TacticStore.beside(TacticStore.folder(scratch.resolve("models").resolve(MODEL))));
        double[] alone = new double[rounds];
        double[] piped = new double[rounds];
        double[] queried = new double[rounds];
        try (Engine engine = Engine.open(plan, Backends.device(device), options)) {
            pipeline(engine, 1);
            engine.program(batch).steps().stream().limit(FIRST_STEPS)
                    .forEach(step -> System.out.println("step " + step.name() + ": " + step.inputs() + " -> " + step.outputs()));
            ByteBuffer[] rows = {ByteBuffer.allocateDirect(Math.toIntExact(engine.inputRowBytes(0) * batch))};
            for (int round = 0; round < rounds; round++) {
                alone[round] = batch * 1e9 / engine.timeRuns(batch, rows, 0, 1, ALONE_SECONDS)[0];
                piped[round] = pipeline(engine, last.seconds());
                last = QueryTimes.run(spark.sql(query));
                queried[round] = last.rowsPerSecond();
                System.out.println(String.format(Locale.ROOT, "device alone %.0f images/s, pipeline %.0f", alone[round], piped[round]));
                show("query", last);
            }
        }
        double sql = Windows.median(queried);
        double pipeline = Windows.median(piped);
        System.out.println(String.format(Locale.ROOT, "SQL %.0f images/s, pipeline %.0f, device alone %.0f: SQL / pipeline %.3f, pipeline / device %.3f"
                + "   (%d threads, batch %d, the reader's %d)", sql, pipeline, Windows.median(alone), sql / pipeline, pipeline / Windows.median(alone), threads,
                batch, rowsRead));
    }

    private void show(String what, QueryTimes times) {
        double busy = times.seconds() * threads;
        System.out.println(String.format(Locale.ROOT, "%s: %.0f images/s, %d images in %d batches, %.2f s; of its threads' time %.1f%% computing,"
                + " %.1f%% copying, %.1f%% of a processor", what, times.rowsPerSecond(), times.rows(), times.batches(), times.seconds(),
                100 * times.computeSeconds() / busy, 100 * times.copySeconds() / busy, 100 * times.processorSeconds() / busy));
    }

    private SparkSession session(int tasks, Path scratch) {
        SparkSession spark = SparkBenchmark.session(tasks, scratch);
        spark.conf().set("spark.firesteel.device", device);
        spark.conf().set("spark.firesteel.batchSize", batch);
        spark.conf().set("spark.sql.files.maxPartitionBytes", 1L << 40);
        return spark;
    }

    private Plan publish(Path scratch) throws Exception {
        OnnxModel model = OnnxModel.read(onnx);
        String input = model.graph().inputs().get(0);
        Preprocessing bytes = new Preprocessing(input, 1 / 255.0, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225), true);
        CompileOptions options = CompileOptions.of(MODEL, Precision.parse(precision));
        ModelFolder.publish(Compiler.compile(model, options.with(List.of(bytes), Postprocessing.NONE)), scratch.resolve("models/scores"));
        return PlanReader.read(ModelFolder.publish(Compiler.compile(model, options.with(List.of(bytes),
                new Postprocessing(false, Postprocessing.Selection.ARGMAX, 0, List.of()))), scratch.resolve("models").resolve(MODEL)));
    }

    /** One file for each thread, which a query reads several times. */
    private void write(SparkSession spark, Path table, int rowBytes) {
        byte[][] distinct = new byte[DISTINCT][rowBytes];
        Random random = new Random(1);
        for (byte[] image : distinct) {
            random.nextBytes(image);
        }
        spark.udf().register("image", (UDF1<Long, byte[]>) id -> distinct[(int) (id % DISTINCT)], DataTypes.BinaryType);
        spark.conf().set("parquet.enable.dictionary", false);
        spark.conf().set("spark.sql.parquet.compression.codec", "uncompressed");
        spark.range(0, images, 1, threads).selectExpr("id", "image(id) AS x").write().mode("overwrite").parquet(table.toString());
        readerRows = readerRows.isEmpty() ? List.of(Math.min(batch, Integer.highestOneBit(Math.max(1, READER_BYTES / rowBytes)))) : readerRows;
    }

    private static String query(Path scratch, int passes, String result) {
        String table = "SELECT * FROM parquet.`" + scratch.resolve("table") + "`";
        return "SELECT " + result + " FROM (" + String.join(" UNION ALL ", Collections.nCopies(passes, table)) + ")";
    }

    /** Images per second from pinned memory to results, by as many callers as keep the device busy. */
    private double pipeline(Engine engine, double seconds) throws InterruptedException {
        long[] done = new long[PIPELINE_TASKS];
        Thread[] callers = new Thread[PIPELINE_TASKS];
        long start = System.nanoTime();
        for (int i = 0; i < callers.length; i++) {
            int caller = i;
            callers[i] = new Thread(() -> done[caller] = run(engine, start + (long) (seconds * 1e9)));
            callers[i].start();
        }
        for (Thread caller : callers) {
            caller.join();
        }
        return Arrays.stream(done).sum() * 1e9 / (System.nanoTime() - start);
    }

    private long run(Engine engine, long end) {
        try (Scope scope = Scope.root("pipeline")) {
            ByteBuffer[] inputs = {buffer(engine, engine.inputRowBytes(0) * batch, scope)};
            ByteBuffer[] outputs = {buffer(engine, engine.outputRowBytes(0) * batch, scope)};
            byte[] noise = new byte[inputs[0].remaining()];
            new Random(2).nextBytes(noise);
            inputs[0].put(0, noise);
            long images = 0;
            while (System.nanoTime() < end) {
                engine.run(batch, inputs, outputs);
                images += batch;
            }
            return images;
        }
    }

    private static ByteBuffer buffer(Engine engine, long bytes, Scope scope) {
        Memory memory = scope.own(engine.borrowHost(bytes));
        return NativeMemory.view(memory.address(), (int) bytes);
    }

    private int compare(Path scratch) throws Exception {
        List<Object> sums = new ArrayList<>();
        for (int tasks : new int[] {threads, 1}) {
            try (SparkSession spark = session(tasks, scratch)) {
                sums.add(spark.sql(query(scratch, 1, "count(*), bit_xor(xxhash64(id, models.scores(x)))")).head().toString());
            }
        }
        boolean same = sums.get(0).equals(sums.get(1));
        System.out.println((same ? "the same bits" : "OTHER BITS") + " with " + threads + " threads and with 1: " + sums);
        return same ? 0 : 1;
    }
}
