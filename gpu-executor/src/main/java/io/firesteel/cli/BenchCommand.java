package io.firesteel.cli;

import io.firesteel.FiresteelException;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.memory.NativeMemory;
import io.firesteel.memory.Scope;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel bench MODEL --batch N --threads T}. */
@Command(name = "bench", description = "Measures a model on random inputs in host memory.", mixinStandardHelpOptions = true)
public final class BenchCommand implements Subcommand {

    private static final int PIPELINE_TASKS = 3;
    private static final int LEAST_RUNS = 5;
    private static final int WINDOWS = 5;
    private static final double LEAST_WINDOW_SECONDS = 0.5;

    @Parameters(paramLabel = "MODEL", description = "a plan file, a model's folder, or an ONNX file")
    private Path model;

    @Option(names = "--batch", defaultValue = "8", description = "rows of one run (default: 8)")
    private int batch;

    @Option(names = "--threads", defaultValue = "1", description = "tasks at a time, each with a session of its own (default: 1)")
    private int threads;

    @Option(names = "--warmup", defaultValue = "2", description = "seconds of warm-up (default: 2)")
    private double warmup;

    @Option(names = "--seconds", defaultValue = "5", description = "seconds measured (default: 5)")
    private double seconds;

    @Option(names = "--pipeline", description = "Keep the device busy from pinned host memory to results with several tasks, and compare with"
            + " the device alone.")
    private boolean pipeline;

    @Option(names = "--resident", description = "Measure only on rows that lie in device memory: the median of five windows.")
    private boolean onlyResident;

    @Option(names = "--layers", description = "Show the time of each step.")
    private boolean layers;

    @Mixin
    private DeviceOptions where;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** From the command's begin until the plan is read and verified and the device's libraries are loaded. */
    private double loadMs;
    /** From then on until the kernels are made. */
    private double prepareMs;
    private double resident;

    @Override
    public Integer call() throws InterruptedException {
        if (batch < 1 || threads < 1) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--batch and --threads must be at least 1");
        }
        threads = pipeline ? Math.max(threads, PIPELINE_TASKS) : threads;
        long begin = System.nanoTime();
        where.load();
        Plan plan = ModelArgument.plan(model, where.precision());
        EngineOptions options = EngineOptions.defaults().withPrecision(where.precision()).withBuckets(List.of(batch)).withSessions(threads)
                .withTactics(ModelArgument.tactics(model));
        try (Engine engine = Engine.open(plan, where.device(), options)) {
            loadMs = (System.nanoTime() - begin) / 1e6;
            int rows = engine.buckets().get(0);
            engine.program(rows);
            prepareMs = (System.nanoTime() - begin) / 1e6 - loadMs;
            Runs runs = new Runs(List.of(Long.MAX_VALUE), 0);
            if (!onlyResident) {
                measure(engine, warmup, rows);
                runs = measure(engine, seconds, rows);
            }
            resident = onlyResident || !engine.device().hostMemory() ? resident(engine, rows) : 0;
            report(engine, rows, runs.nanos().stream().mapToLong(Long::longValue).sorted().toArray(), runs.seconds());
        }
        return 0;
    }

    /** Rows a second on rows in device memory. */
    private double resident(Engine engine, int rows) {
        try (Scope buffers = Scope.root("benchmark")) {
            double[] nanos = engine.timeRuns(rows, inputs(engine, rows, 0, buffers), warmup, WINDOWS,
                    Math.max(LEAST_WINDOW_SECONDS, seconds / WINDOWS));
            Arrays.sort(nanos);
            return rows * 1e9 / nanos[WINDOWS / 2];
        }
    }

    private static ByteBuffer[] inputs(Engine engine, int rows, long seed, Scope owner) {
        Signature signature = engine.signature();
        ByteBuffer[] inputs = new ByteBuffer[signature.inputs().size()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = buffer(engine, engine.inputRowBytes(i) * rows, owner);
            randomize(signature.inputs().get(i).tensor().dataType(), inputs[i], new Random(seed * 31 + i));
        }
        return inputs;
    }

    /**
     * What all tasks did.
     *
     * @param nanos what each run took
     * @param seconds from the first run's begin to the last one's end
     */
    private record Runs(List<Long> nanos, double seconds) { }

    private Runs measure(Engine engine, double duration, int rows) throws InterruptedException {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try (Scope buffers = Scope.root("benchmark")) {
            List<Callable<List<Long>>> tasks = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                ByteBuffer[] inputs = inputs(engine, rows, t, buffers);
                ByteBuffer[] outputs = outputs(engine, rows, buffers);
                tasks.add(() -> task(engine, duration, rows, inputs, outputs));
            }
            long start = System.nanoTime();
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> task : executor.invokeAll(tasks)) {
                all.addAll(task.get());
            }
            return new Runs(all, (System.nanoTime() - start) / 1e9);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw FiresteelException.internal("a benchmark task failed", e.getCause());
        } finally {
            executor.shutdownNow();
        }
    }

    private static List<Long> task(Engine engine, double duration, int rows, ByteBuffer[] inputs, ByteBuffer[] outputs) {
        List<Long> nanos = new ArrayList<>();
        long end = System.nanoTime() + (long) (duration * 1e9);
        while (System.nanoTime() < end || nanos.size() < LEAST_RUNS) {
            long start = System.nanoTime();
            engine.run(rows, inputs, outputs);
            nanos.add(System.nanoTime() - start);
        }
        return nanos;
    }

    private static ByteBuffer[] outputs(Engine engine, int rows, Scope owner) {
        ByteBuffer[] outputs = new ByteBuffer[engine.signature().outputs().size()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = buffer(engine, engine.outputRowBytes(i) * rows, owner);
        }
        return outputs;
    }

    private static ByteBuffer buffer(Engine engine, long bytes, Scope owner) {
        return NativeMemory.view(owner.own(engine.allocateHost(bytes)).address(), Math.toIntExact(bytes));
    }

    /** Floats in [0, 1), bytes of any value, other integers 0 or 1. */
    private static void randomize(DataType type, ByteBuffer buffer, Random random) {
        Tensor values = Tensor.wrap(type, new long[] {buffer.remaining() / type.bytes()}, buffer);
        for (long i = 0; i < values.elements(); i++) {
            if (type.isFloatingPoint()) {
                values.setDouble(i, random.nextFloat());
            } else {
                values.setLong(i, random.nextInt(type == DataType.UINT8 ? 256 : 2));
            }
        }
    }

    private void report(Engine engine, int rows, long[] sorted, double elapsed) {
        double median = sorted[sorted.length / 2] / 1e6;
        double p99 = sorted[(int) Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)] / 1e6;
        double perSecond = threads == 1 ? rows * 1000 / median : (double) rows * sorted.length / elapsed;
        Map<String, Object> result = new LinkedHashMap<>();
        if (!onlyResident) {
            result.put("rowsPerSecond", perSecond);
            result.put("msMedian", median);
            result.put("msP99", p99);
        }
        result.put("device", engine.device().label());
        result.put("precision", engine.precision().label());
        result.put("batch", rows);
        result.put("threads", threads);
        result.put("runs", sorted.length);
        result.put("loadMs", loadMs);
        result.put("prepareMs", prepareMs);
        PrintWriter out = spec.commandLine().getOut();
        if (resident > 0) {
            result.put("rowsPerSecondOnDevice", resident);
            if (!onlyResident) {
                result.put("pipelineOverDevice", perSecond / resident);
            }
            result.put("tuningSeconds", engine.tuningSeconds());
        }
        if (!json && !onlyResident) {
            out.println(String.format(Locale.ROOT, "%.1f rows/s, median %.3f ms, p99 %.3f ms, %d rows a run, %d thread(s), %s, %s; "
                    + "loaded in %.0f ms, prepared in %.0f ms", perSecond, median, p99, rows, threads, engine.device(),
                    engine.precision().label(), loadMs, prepareMs));
        }
        if (!json) {
            if (resident > 0) {
                out.println(String.format(Locale.ROOT, "%.1f rows/s without copies to and from the host%s; %.1f s of tuning", resident,
                        onlyResident ? "" : String.format(Locale.ROOT, ", of which the above is %.3f", perSecond / resident),
                        engine.tuningSeconds()));
            }
        }
        if (layers) {
            steps(engine, rows, result, out);
        }
        if (json) {
            out.println(Json.write(result));
        }
    }

    private void steps(Engine engine, int rows, Map<String, Object> result, PrintWriter out) {
        long[] nanos = engine.timeSteps(rows, 2);
        Program program = engine.program(rows);
        List<String> implementations = engine.implementations(rows);
        double total = Math.max(1, Arrays.stream(nanos).sum());
        Table table = new Table("us", "share", "step", "operator", "implementation");
        List<Object> listed = new ArrayList<>();
        for (int i = 0; i < nanos.length; i++) {
            Step step = program.steps().get(i);
            String operator = step instanceof Step.Layer l ? l.node().operator().name()
                    : step instanceof Step.Host h ? h.node().operator().name() : "Reorder";
            table.row(String.format(Locale.ROOT, "%.1f", nanos[i] / 1e3), String.format(Locale.ROOT, "%.1f%%", 100 * nanos[i] / total),
                    step.name(), operator, implementations.get(i));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", step.name());
            entry.put("operator", operator);
            entry.put("implementation", implementations.get(i));
            entry.put("ms", nanos[i] / 1e6);
            listed.add(entry);
        }
        result.put("layers", listed);
        if (!json) {
            out.print(table);
            out.flush();
        }
    }
}
