package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.cli.NetworkCase;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.memory.NativeMemory;
import io.firesteel.memory.Scope;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What observing activations costs: the rate of a calibration over that of inference. */
@Command(name = "calibration-benchmark", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures calibration against inference in one process, taking turns.")
final class CalibrationBenchmark implements Callable<Integer> {

    private static final double MILLIS = 1e6;

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", defaultValue = "resnet50,mobilenet_v2", description = "names of networks (default: ${DEFAULT-VALUE})")
    private List<String> only;

    @Option(names = "--rounds", defaultValue = "12", description = "runs of each (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--batch", defaultValue = "8", description = "rows of a batch (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--device", defaultValue = "cpu", description = "where they are computed; on others than the CPU time is taken by the clock")
    private String device;

    private CalibrationBenchmark() { }

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new CalibrationBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        for (String name : only) {
            measure(new NetworkCase(networks.resolve(name)), name);
        }
        return 0;
    }

    private void measure(NetworkCase network, String name) throws IOException {
        Plan plan = Compiler.compile(OnnxModel.of(name, network.model(), networks), CompileOptions.of(name, Precision.FP32));
        ObserveOptions options = new ObserveOptions(batch, ObserveOptions.DEFAULT.bins(), ObserveOptions.DEFAULT.stride(),
                ObserveOptions.DEFAULT.strideFrom());
        try (Engine engine = Engine.open(plan, Backends.device(device), EngineOptions.defaults().withBuckets(List.of(batch)).withSessions(1));
                Scope scope = Scope.root("buffers"); RowObserver observer = new RowObserver(engine, options)) {
            ByteBuffer[] given = plan.signature().inputs().stream().map(port -> network.input(port.name(), batch).buffer()).toArray(ByteBuffer[]::new);
            List<byte[]> rows = LargestMagnitudes.rows(List.of(given), batch);
            ByteBuffer[] inputs = new ByteBuffer[given.length];
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = buffer(engine, scope, given[i].remaining()).put(0, given[i], given[i].position(), given[i].remaining());
            }
            ByteBuffer[] outputs = new ByteBuffer[plan.signature().outputs().size()];
            for (int i = 0; i < outputs.length; i++) {
                outputs[i] = buffer(engine, scope, Math.toIntExact(engine.outputRowBytes(i) * batch));
            }
            long[] inference = new long[rounds];
            long[] calibration = new long[rounds];
            for (int i = 0; i < rounds; i++) {
                inference[i] = nanos(() -> engine.run(batch, inputs, outputs));
                calibration[i] = nanos(() -> rows.forEach(row -> observer.add(row, 1)));
            }
            double first = typical(inference);
            double second = typical(calibration);
            System.out.println(String.format(Locale.ROOT, "%s: inference %.2f ms, calibration %.2f ms a batch of %d: ratio %.2f", name, first,
                    second, batch, first / second));
        }
    }

    private boolean onHost() {
        return Backends.device(device).hostMemory();
    }

    /** Host memory that the device copies fastest with. */
    private static ByteBuffer buffer(Engine engine, Scope scope, int bytes) {
        return NativeMemory.view(scope.own(engine.allocateHost(bytes)).address(), bytes);
    }

    /** On the CPU, which others use too, the least of all rounds; on a device the median. */
    private double typical(long[] nanos) {
        Arrays.sort(nanos);
        return nanos[onHost() ? 0 : nanos.length / 2] / MILLIS;
    }

    private long nanos(Runnable work) {
        long start = now();
        work.run();
        return now() - start;
    }

    private long now() {
        return onHost() ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() : System.nanoTime();
    }
}
