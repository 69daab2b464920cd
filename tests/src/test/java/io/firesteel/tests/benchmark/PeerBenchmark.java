package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.cli.NetworkCase;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rows per second of Firesteel over those of ONNX Runtime, networks and configurations one after the other. */
@Command(name = "peer-benchmark", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures Firesteel against ONNX Runtime in one process, fp32, taking turns.")
final class PeerBenchmark implements Callable<Integer> {

    /** The largest difference of two right results, over the root of the mean square of one. */
    private static final double TOLERANCE = 0.01;

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", description = "names of networks (default: all)")
    private List<String> only = List.of();

    @Option(names = "--batch", split = ",", defaultValue = "8,1", description = "rows of a batch (default: ${DEFAULT-VALUE})")
    private List<Integer> batches;

    @Option(names = "--tasks", split = ",", defaultValue = "1,2", description = "tasks at a time (default: ${DEFAULT-VALUE})")
    private List<Integer> tasks;

    @Option(names = "--seconds", defaultValue = "1", description = "least length of a window (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(names = "--rounds", defaultValue = "5", description = "windows of each contender (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--warmup", defaultValue = "2", description = "seconds before the first window (default: ${DEFAULT-VALUE})")
    private double warmup;

    @Option(names = "--processor-time", description = "Rates by the callers' processor time, for a machine that does other work "
            + "as well; leaves out ONNX Runtime's sessions of several threads.")
    private boolean processorTime;

    @Option(names = "--json", description = "a file to which one JSON object for each measurement is appended")
    private Path json;

    @Option(names = "--load", description = "Measure only how long plans take to load: map, verify, create primitives.")
    private boolean load;

    private PeerBenchmark() { }

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new PeerBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Path> folders;
        try (Stream<Path> entries = Files.list(networks)) {
            folders = entries.filter(f -> Files.exists(f.resolve("recipe.json")))
                    .filter(f -> only.isEmpty() || only.contains(f.getFileName().toString())).sorted().toList();
        }
        System.out.println(Backends.device("cpu") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        List<Figure> figures = new ArrayList<>();
        Path scratch = Files.createTempDirectory("firesteel-peer");
        try {
            for (Path folder : folders) {
                NetworkCase network = new NetworkCase(folder);
                Path model = scratch.resolve(network.name() + ".onnx");
                Path plan = scratch.resolve(network.name() + ".plan");
                write(network, folder, model, plan);
                if (load) {
                    load(network.name(), plan);
                } else {
                    measure(network, model, plan, figures);
                }
                Files.delete(model);
                Files.delete(plan);
            }
        } finally {
            try (Stream<Path> left = Files.list(scratch)) {
                for (Path file : left.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(scratch);
        }
        if (!figures.isEmpty()) {
            System.out.println("\n" + Figure.markdown(figures));
        }
        return 0;
    }

    private static void write(NetworkCase network, Path folder, Path model, Path plan) throws IOException {
        ModelProto complete = network.model();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(model), 1 << 20)) {
            complete.writeTo(out);
        }
        PlanWriter.write(Compiler.compile(OnnxModel.of(network.name(), complete, folder),
                CompileOptions.of(network.name(), Precision.FP32)), plan);
    }

    /** Loads the plan thrice: what is loaded and compiled with it, the native library above all, counts only the first time. */
    private void load(String name, Path file) {
        List<String> times = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            Plan plan = PlanReader.read(file);
            long read = System.nanoTime();
            try (Engine engine = Engine.open(plan, Backends.device("cpu"), EngineOptions.defaults().withBuckets(batches))) {
                engine.program(batches.get(0));
                long end = System.nanoTime();
                times.add(String.format(Locale.ROOT, "%.0f ms (read and verify %.0f, prepare %.0f)", (end - start) / 1e6,
                        (read - start) / 1e6, (end - read) / 1e6));
            }
        }
        System.out.println(name + ": plan ready for batches of " + batches.get(0) + " after " + String.join(", then ", times));
    }

    private void measure(NetworkCase network, Path model, Path planFile, List<Figure> figures)
            throws IOException, InterruptedException {
        Plan plan = PlanReader.read(planFile);
        for (int batch : batches) {
            for (int count : tasks) {
                List<Contender> contenders = new ArrayList<>();
                try {
                    contenders.add(new FiresteelContender(plan, network, batch, count));
                    contenders.add(new OnnxRuntimeContender(model, network, batch, count, 1));
                    if (count > 1 && !processorTime) {
                        contenders.add(new OnnxRuntimeContender(model, network, batch, 1, count));
                    }
                    double[] rates = new Windows(rounds, seconds, warmup, processorTime).measure(contenders);
                    compare(network.name(), plan, contenders);
                    int peer = rates.length > 2 && rates[2] > rates[1] ? 2 : 1;
                    Figure figure = new Figure(network.name(), batch, count, rates[0] * batch, rates[peer] * batch,
                            contenders.get(peer).name());
                    figures.add(figure);
                    System.out.println(String.format(Locale.ROOT, "%-20s batch %d, tasks %d: %10.2f rows/s, ONNX Runtime %10.2f (%s): %.3f",
                            network.name(), batch, count, figure.rowsPerSecond(), figure.peerRowsPerSecond(), figure.peer(),
                            figure.ratio()));
                    if (json != null) {
                        Files.writeString(json, figure.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                    }
                } finally {
                    contenders.forEach(Contender::close);
                }
            }
        }
    }

    /** Both must have computed the same, or the comparison means nothing. */
    private static void compare(String name, Plan plan, List<Contender> contenders) {
        for (int output = 0; output < plan.signature().outputs().size(); output++) {
            FloatBuffer ours = floats(contenders.get(0).output(0, output));
            FloatBuffer theirs = floats(contenders.get(1).output(0, output));
            double squares = 0;
            double largest = 0;
            for (int i = 0; i < theirs.limit(); i++) {
                squares += (double) theirs.get(i) * theirs.get(i);
                largest = Math.max(largest, Math.abs(ours.get(i) - theirs.get(i)));
            }
            double size = Math.sqrt(squares / theirs.limit());
            if (!(largest <= TOLERANCE * size)) {
                throw new IllegalStateException(name + ": output " + output + " differs by " + largest + " from ONNX Runtime's, whose "
                        + "mean square has the root " + size);
            }
        }
    }

    private static FloatBuffer floats(ByteBuffer buffer) {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).rewind().asFloatBuffer();
    }
}
