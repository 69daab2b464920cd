package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import io.firesteel.spark.model.ModelSpec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The most memory that a process takes which scores rows in SQL, and one which calibrates a model on them. */
@Command(name = "memory", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Compares the high-water marks of JVMs with a fixed heap, touched in full, that score rows and that calibrate on them.")
final class MemoryRun implements Callable<Integer> {

    private static final String NAME = "network";
    private static final double KIBIBYTES = 1024;

    @Option(names = "--model", required = true, description = "an ONNX file whose inputs are fp32, or one")
    private Path model;

    @Option(names = "--rows", split = ",", defaultValue = "1000,10000", description = "rows of the samples (default: ${DEFAULT-VALUE})")
    private List<Integer> rows;

    @Option(names = "--heap", defaultValue = "512m", description = "of each JVM (default: ${DEFAULT-VALUE})")
    private String heap;

    @Option(names = "--batch", defaultValue = "8", description = "rows computed at once (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--threads", defaultValue = "1", description = "tasks at a time (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--only", description = "score or calibrate in this JVM, in a folder that has the model", hidden = true)
    private String only;

    @Option(names = "--folder", hidden = true)
    private Path folder;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (only != null) {
            measure();
            return 0;
        }
        Path scratch = Files.createTempDirectory("firesteel-spark-benchmark");
        try {
            ModelFolder.publish(Compiler.compile(OnnxModel.read(model), CompileOptions.of(NAME, Precision.FP32)),
                    scratch.resolve("models").resolve(NAME));
            // Each task makes a session of the engine, and only full batches make full arenas: both kinds of runs need as many.
            int status = start(scratch, "score", Math.max(rows.get(0), threads * batch));
            for (int count : rows) {
                status |= start(scratch, "calibrate", count);
            }
            return status;
        } finally {
            SparkBenchmark.delete(scratch);
        }
    }

    private int start(Path scratch, String what, int count) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(one -> !one.startsWith("-Xm")).forEach(command::add);
        command.addAll(List.of("-Xms" + heap, "-Xmx" + heap, "-XX:+AlwaysPreTouch", SparkBenchmark.class.getName(), "memory", "--only", what,
                "--model", model.toString(), "--folder", scratch.toString(), "--rows", "" + count, "--batch", "" + batch,
                "--heap", heap, "--threads", "" + threads));
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder.start().waitFor();
    }

    private void measure() throws IOException {
        try (SparkSession spark = SparkBenchmark.session(threads, folder)) {
            spark.conf().set("spark.firesteel.batchSize", batch);
            Path file = ModelFolder.resolve(folder.resolve("models").resolve(NAME));
            ModelSpec spec = ModelSpec.of(NAME, file.toString(), PlanReader.header(file));
            List<String> arguments = new ArrayList<>();
            for (int i = 0; i < spec.inputs().size(); i++) {
                int bytes = spec.inputs().get(i).bytes();
                spark.udf().register("tensor" + i, (UDF1<Long, byte[]>) id -> floats(id, bytes), DataTypes.BinaryType);
                arguments.add("tensor" + i + "(id)");
            }
            int count = rows.get(0);
            String range = " FROM range(0, " + count + ", 1, " + Math.max(threads, (count + 99) / 100) + ")";
            long start = System.nanoTime();
            if (only.equals("score")) {
                spark.sql("SELECT models." + NAME + "(" + String.join(", ", arguments) + ")" + range).write().format("noop").mode("overwrite").save();
            } else {
                spark.sql("CALL models.system.calibrate(model => '" + NAME + "', rows => " + count + ", batch => " + batch + ", data => 'SELECT "
                        + String.join(", ", arguments) + range + "')").collectAsList();
            }
            System.out.println(String.format(Locale.ROOT, "%s %d rows: VmHWM %.1f MiB, VmRSS %.1f MiB, heap %s, %.0f s", only, count,
                    status("VmHWM"), status("VmRSS"), heap, (System.nanoTime() - start) / 1e9));
        }
    }

    private static byte[] floats(long id, int bytes) {
        SplittableRandom random = new SplittableRandom(id);
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            buffer.putFloat((float) random.nextDouble(-2, 2));
        }
        return buffer.array();
    }

    private static double status(String key) throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith(key + ":")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) / KIBIBYTES;
    }
}
