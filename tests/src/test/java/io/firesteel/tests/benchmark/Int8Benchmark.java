package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.cli.NetworkCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.Quantizer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rows per second in int8 over those of ONNX Runtime in int8 and of Firesteel in fp32. */
@Command(name = "int8-benchmark", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures Firesteel's int8 against ONNX Runtime's and against fp32 in one process, taking turns.")
final class Int8Benchmark implements Callable<Integer> {

    /** The least cosine between results in int8 and in fp32. */
    private static final double LEAST_COSINE = 0.9;

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", defaultValue = "resnet50,mobilenet_v2", description = "names of networks (default: ${DEFAULT-VALUE})")
    private List<String> only;

    @Option(names = "--models", required = true, description = "a folder for models made once: fp32, and quantized by ONNX Runtime")
    private Path models;

    @Option(names = "--python", required = true, description = "a Python with onnx, onnxruntime and numpy")
    private String python;

    @Option(names = "--quantizer", required = true, description = "the script that quantizes models")
    private Path quantizer;

    @Option(names = "--batch", defaultValue = "8", description = "rows of a batch (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--seconds", defaultValue = "1", description = "least length of a window (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(names = "--rounds", defaultValue = "5", description = "windows of each contender (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--warmup", defaultValue = "2", description = "seconds before the first window (default: ${DEFAULT-VALUE})")
    private double warmup;

    @Option(names = "--processor-time", description = "Rates by the callers' processor time, for a machine that does other work as well.")
    private boolean processorTime;

    private Int8Benchmark() { }

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Int8Benchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Files.createDirectories(models);
        System.out.println(Backends.device("cpu") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        StringBuilder table = new StringBuilder("| network | int8, rows/s | over ONNX Runtime int8 | over fp32 direct | ONNX Runtime's model: rows/s "
                + "| over ONNX Runtime int8 | layers in int8 |\n|" + " --- |".repeat(7) + "\n");
        for (String name : only) {
            table.append(measure(new NetworkCase(networks.resolve(name)), name)).append('\n');
        }
        System.out.println("\n" + table);
        return 0;
    }

    private String measure(NetworkCase network, String name) throws IOException, InterruptedException {
        Path real = models.resolve(name + ".onnx");
        Path theirs = models.resolve(name + "_int8.onnx");
        ModelProto complete = network.model();
        if (!Files.exists(theirs)) {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(real), 1 << 20)) {
                complete.writeTo(out);
            }
            Path rows = models.resolve(name + ".f32");
            try (FileChannel out = FileChannel.open(rows, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                out.write(network.input(complete.getGraph().getInput(0).getName(), batch).buffer());
            }
            Process process = new ProcessBuilder(python, quantizer.toString(), real.toString(), rows.toString(), theirs.toString())
                    .inheritIO().start();
            if (process.waitFor() != 0) {
                throw new IllegalStateException(python + " " + quantizer + " failed");
            }
        }
        Plan fp32 = Compiler.compile(OnnxModel.of(name, complete, networks), CompileOptions.of(name, Precision.FP32));
        Plan imported = Compiler.compile(OnnxModel.read(theirs), CompileOptions.of(name + "_qdq", Precision.FP32));
        Quantizer own = Quantizer.of(fp32, LargestMagnitudes.of(fp32, "cpu",
                fp32.signature().inputs().stream().map(port -> network.input(port.name(), batch).buffer()).toList(), batch, batch));
        long layers = own.report(Set.of()).size();
        long quantized = own.report(Set.of()).stream().filter(l -> l.int8()).count();
        List<Contender> contenders = new ArrayList<>();
        try {
            contenders.add(new FiresteelContender(own.quantize(name + "_int8", Set.of()), network, batch, 1));
            contenders.add(new OnnxRuntimeContender(theirs, network, batch, 1, 1));
            contenders.add(new FiresteelContender(fp32, network, batch, 1));
            contenders.add(new FiresteelContender(imported, network, batch, 1));
            double[] rates = new Windows(rounds, seconds, warmup, processorTime).measure(contenders);
            for (int i : new int[] {0, 1, 3}) {
                double cosine = cosine(contenders.get(i).output(0, 0), contenders.get(2).output(0, 0));
                if (!(cosine >= LEAST_COSINE)) {
                    throw new IllegalStateException(name + ": result " + i + " has cosine " + cosine + " with that in fp32");
                }
            }
            String line = String.format(Locale.ROOT, "| %s | %.1f | %.2f | %.2f | %.1f | %.2f | %d of %d |", name, rates[0] * batch,
                    rates[0] / rates[1], rates[0] / rates[2], rates[3] * batch, rates[3] / rates[1], quantized, layers);
            System.out.println(line + String.format(Locale.ROOT, " (ONNX Runtime int8 %.1f, fp32 %.1f rows/s)", rates[1] * batch,
                    rates[2] * batch));
            return line;
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private static double cosine(ByteBuffer first, ByteBuffer second) {
        FloatBuffer a = floats(first);
        FloatBuffer b = floats(second);
        double product = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.limit(); i++) {
            product += (double) a.get(i) * b.get(i);
            squareA += (double) a.get(i) * a.get(i);
            squareB += (double) b.get(i) * b.get(i);
        }
        return product / Math.sqrt(squareA * squareB);
    }

    static FloatBuffer floats(ByteBuffer buffer) {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).rewind().asFloatBuffer();
    }
}
