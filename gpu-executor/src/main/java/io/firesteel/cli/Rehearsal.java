package io.firesteel.cli;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Normalizations;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Softmaxes;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.QuantizableValues;
import io.firesteel.quant.Quantizer;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs the commands that begin most often, on an ONNX model and on small networks of the usual kinds. A JVM that ends with a
 * class-data archive ({@code -XX:ArchiveClassesAtExit}) stores what this loaded and linked, and later ones start with it.
 */
public final class Rehearsal {

    private static final long CHANNELS = 32;
    private static final long TOKENS = 8;

    private final GraphBuilder net;
    private final Random random = new Random(1);

    private Rehearsal(String name) {
        net = new GraphBuilder(name);
    }

    /**
     * Runs the commands.
     *
     * @param arguments the path of an ONNX model
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("firesteel-rehearsal");
        try {
            Path imported = folder.resolve("imported.plan");
            run("build", arguments[0], "-o", imported.toString());
            run("inspect", imported.toString(), "--device", "cpu");
            run("bench", imported.toString(), "--device", "cpu", "--warmup", "0", "--seconds", "0", "--json");
            Plan residual = new Rehearsal("residual").residual();
            Map<String, Float> thresholds = QuantizableValues.of(residual.graph()).stream().collect(Collectors.toMap(Function.identity(), v -> 2f));
            for (Plan plan : List.of(residual, Quantizer.of(residual, thresholds).quantize("bytes", Set.of()), new Rehearsal("encoder").encoder())) {
                Path path = ModelArgument.store(plan, folder.resolve(plan.name() + ".plan"));
                run("bench", path.toString(), "--device", "cpu", "--warmup", "0", "--seconds", "0");
            }
        } finally {
            delete(folder);
        }
    }

    private static void run(String... arguments) {
        PrintWriter err = new PrintWriter(System.err, true);
        if (Firesteel.run(new PrintWriter(PrintWriter.nullWriter()), err, arguments) != 0) {
            throw FiresteelException.internal("firesteel " + String.join(" ", arguments) + " failed", null);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** A stem, the largest of windows, a residual block, the mean of each plane, a product. */
    private Plan residual() {
        String x = net.input("x", type(3, 32, 32));
        PoolingWindow window = new PoolingWindow(pair(2), pair(2), pair(1), pair(0), pair(0), false);
        String stem = net.add(new Pooling.MaxPool(window, false), relu(convolve(x, 3, 7)));
        String inner = relu(convolve(relu(convolve(stem, CHANNELS, 1)), CHANNELS, 3));
        String block = relu(net.add(new Arithmetic.Add(), convolve(inner, CHANNELS, 1), stem));
        String mean = net.add(new Reshaping.Flatten(1), net.add(new Pooling.GlobalAveragePool(), block));
        return plan(net.add(new MatMul(), mean, constant(CHANNELS, 10)));
    }

    /** A layer of a transformer. */
    private Plan encoder() {
        String x = net.input("x", type(TOKENS, CHANNELS));
        String attention = net.add(new Fused.MultiHeadAttention(2, 0.25f, false), product(x), product(x), product(x));
        String normal = net.add(new Normalizations.LayerNormalization(-1, 1e-5f), net.add(new Arithmetic.Add(), product(attention), x),
                constant(CHANNELS), constant(CHANNELS));
        String wide = net.add(new Activations.Gelu(false), product(normal));
        return plan(net.add(new Softmaxes.Softmax(-1), net.add(new Arithmetic.Add(), product(wide), normal)));
    }

    private Plan plan(String result) {
        net.output("y", result);
        Graph graph = net.build();
        return Compiler.compile(graph, CompileOptions.of(graph.name(), Precision.FP32));
    }

    private String convolve(String data, long channels, long kernel) {
        Convolution operator = new Convolution(pair(1), pair(1), pair(kernel / 2), pair(kernel / 2), 1, PointwiseProgram.IDENTITY);
        return net.add(operator, data, constant(CHANNELS, channels, kernel, kernel), constant(CHANNELS));
    }

    private String product(String rows) {
        return net.add(new Arithmetic.Add(), net.add(new MatMul(), rows, constant(CHANNELS, CHANNELS)), constant(CHANNELS));
    }

    private String relu(String value) {
        return net.add(new Activations.Relu(), value);
    }

    private String constant(long... sizes) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, random.nextFloat() - 0.5f);
        }
        return net.constant(tensor);
    }

    private static TensorType type(long... sizes) {
        return new TensorType(DataType.FLOAT32, Shape.of(Stream.concat(Stream.of(Dim.symbol("N")),
                Arrays.stream(sizes).mapToObj(Dim::of)).toArray(Dim[]::new)));
    }

    private static List<Long> pair(long value) {
        return Collections.nCopies(2, value);
    }
}
