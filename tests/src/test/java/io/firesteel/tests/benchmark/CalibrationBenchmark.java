package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.cli.NetworkCase;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What observing activations costs: the rate of a calibration over that of inference, by the thread's processor time. */
@Command(name = "calibration-benchmark", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures calibration against inference in one process, taking turns.")
final class CalibrationBenchmark implements Callable<Integer> {

    private static final double MILLIS = 1e6;

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", defaultValue = "resnet50,mobilenet_v2", description = "names of networks (default: ${DEFAULT-VALUE})")
    private List<String> only;

    @Option(names = "--rounds", defaultValue = "12", description = "runs of each, the best of which counts (default: ${DEFAULT-VALUE})")
    private int rounds;

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
        int batch = ObserveOptions.DEFAULT.batchRows();
        Plan plan = Compiler.compile(OnnxModel.of(name, network.model(), networks), CompileOptions.of(name, Precision.FP32));
        try (Engine engine = Engine.open(plan, Backends.device("cpu"), EngineOptions.defaults().withBuckets(List.of(batch)).withSessions(1))) {
            ByteBuffer[] inputs = plan.signature().inputs().stream().map(port -> network.input(port.name(), batch).buffer()).toArray(ByteBuffer[]::new);
            List<byte[]> rows = LargestMagnitudes.rows(List.of(inputs), batch);
            ByteBuffer[] outputs = new ByteBuffer[plan.signature().outputs().size()];
            for (int i = 0; i < outputs.length; i++) {
                outputs[i] = ByteBuffer.allocateDirect(Math.toIntExact(engine.outputRowBytes(i) * batch)).order(ByteOrder.LITTLE_ENDIAN);
            }
            RowObserver observer = new RowObserver(engine, ObserveOptions.DEFAULT);
            long[] inference = new long[rounds];
            long[] calibration = new long[rounds];
            for (int i = 0; i < rounds; i++) {
                inference[i] = nanos(() -> engine.run(batch, inputs, outputs));
                calibration[i] = nanos(() -> rows.forEach(row -> observer.add(row, 1)));
            }
            double first = Arrays.stream(inference).min().orElseThrow() / MILLIS;
            double second = Arrays.stream(calibration).min().orElseThrow() / MILLIS;
            System.out.println(String.format(Locale.ROOT, "%s: inference %.0f ms, calibration %.0f ms a batch of %d: ratio %.2f", name, first,
                    second, batch, first / second));
        }
    }

    private static long nanos(Runnable work) {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        work.run();
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
    }
}
