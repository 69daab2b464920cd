package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.DeviceMemory;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Locale;

/** Prints how long the first convolutions of networks take in fp16, from floats, halves and bytes. Takes no arguments. */
public final class StemBenchmark {

    private static final int CHANNELS = 3;
    private static final int RUNS = 10;
    private static final int ROUNDS = 5;

    private record Case(String network, long batch, long side, long window, long pad, long outputs) { }

    private static final List<Case> CASES = List.of(new Case("resnet50", 256, 224, 7, 3, 64),
            new Case("mobilenet_v2", 256, 224, 3, 1, 32), new Case("inception_v3", 128, 299, 3, 0, 32));

    private StemBenchmark() { }

    /** See the class. */
    public static void main(String[] arguments) {
        CudaContext context = DeviceLayerCheck.context();
        System.out.println(context.device().name());
        try (CudaStream stream = context.openStream()) {
            for (Case c : CASES) {
                for (DataType from : List.of(DataType.FLOAT32, DataType.FLOAT16, DataType.UINT8)) {
                    System.out.printf(Locale.ROOT, "%-14s %-6s %.4f ms%n", c.network, from, millis(context, stream, product(c, from)));
                }
            }
        }
    }

    private static StemProduct product(Case c, DataType from) {
        TensorType image = TensorType.of(from, c.batch, CHANNELS, c.side, c.side);
        boolean bytes = from == DataType.UINT8;
        TensorLayout layout = bytes ? TensorLayout.of(image, TensorFormat.HWC) : TensorLayout.linear(image);
        Normalization normalization = bytes ? new Normalization(List.of(0.02f, 0.015f, 0.01f), List.of(-2.1f, 1.5f, 0f))
                : Normalization.NONE;
        long side = (c.side + 2 * c.pad - c.window) / 2 + 1;
        return new StemProduct(DataType.FLOAT16, layout, normalization, new long[] {c.batch, c.outputs, side, side}, c.window, c.window,
                c.pad, c.pad, c.outputs, "v = fmaxf(v, 0.0f);");
    }

    /** The shortest of several rounds. */
    private static double millis(CudaContext context, CudaStream stream, StemProduct product) {
        stream.enter();
        long elements = product.result()[0] * product.result()[1] * product.result()[2] * product.result()[3];
        try (DeviceMemory x = zeros(context, stream, product.from().bytes()); DeviceMemory y = context.allocate(elements * Short.BYTES);
                DeviceMemory w = zeros(context, stream, product.weights().elements() * Float.BYTES);
                Launch launch = product.bind(product.compile(context), stream, x.address(), w.address(), w.address(), y.address())) {
            double best = Double.POSITIVE_INFINITY;
            for (int round = 0; round <= ROUNDS; round++) {
                stream.synchronize();
                long start = System.nanoTime();
                for (int i = 0; i < RUNS; i++) {
                    launch.run();
                }
                stream.synchronize();
                best = Math.min(best, (System.nanoTime() - start) * 1e-6 / RUNS);
            }
            return best;
        }
    }

    private static DeviceMemory zeros(CudaContext context, CudaStream stream, long bytes) {
        DeviceMemory memory = context.allocate(bytes);
        stream.clear(memory.address(), bytes);
        return memory;
    }
}
