package io.firesteel.backend.cpu.onednn;

import io.firesteel.FiresteelException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Prints GFLOP/s on one thread for representative layers, in each layout that has a fast kernel. */
public final class LayerBenchmark {

    private static final ElementType F32 = ElementType.F32;

    private LayerBenchmark() {}

    /** A square convolution with padding that keeps the size at stride 1. */
    private record Layer(String name, long n, long c, long size, long o, long kernel, long stride, long groups) {}

    public static void main(String[] arguments) {
        List<Layer> layers = List.of(
                new Layer("first 7x7", 8, 3, 224, 64, 7, 2, 1),
                new Layer("3x3 64", 8, 64, 56, 64, 3, 1, 1),
                new Layer("3x3 128", 8, 128, 28, 128, 3, 1, 1),
                new Layer("3x3 256", 8, 256, 14, 256, 3, 1, 1),
                new Layer("3x3 512", 8, 512, 7, 512, 3, 1, 1),
                new Layer("3x3 s2 128", 8, 128, 56, 128, 3, 2, 1),
                new Layer("1x1 64>256", 8, 64, 56, 256, 1, 1, 1),
                new Layer("1x1 256>64", 8, 256, 56, 64, 1, 1, 1),
                new Layer("1x1 1024>256", 8, 1024, 14, 256, 1, 1, 1),
                new Layer("1x1 s2 256>512", 8, 256, 56, 512, 1, 2, 1),
                new Layer("dw3x3 144", 8, 144, 56, 144, 3, 1, 144),
                new Layer("1x1 24>144", 8, 24, 56, 144, 1, 1, 1),
                new Layer("1x1 144>24", 8, 144, 56, 24, 1, 1, 1));
        for (Layer l : layers) {
            for (String layout : List.of("blocked", "last", "first")) {
                convolution(l, layout);
            }
        }
        matmul(1024, 768, 768);
        matmul(1024, 768, 3072);
        matmul(1024, 3072, 768);
        matmul(8, 768, 3072);
        matmul(8, 4096, 4096);
    }

    private static MemoryDesc desc(String layout, long... dims) {
        return layout.equals("last") ? MemoryDesc.channelsLast(F32, dims)
                : MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), dims);
    }

    private static void convolution(Layer l, String layout) {
        long pad = (l.kernel - 1) / 2;
        long out = (l.size + 2 * pad - l.kernel) / l.stride + 1;
        long[] weights = l.groups == 1 ? new long[] {l.o, l.c, l.kernel, l.kernel}
                : new long[] {l.groups, l.o / l.groups, l.c / l.groups, l.kernel, l.kernel};
        MemoryDesc from = layout.equals("first") ? MemoryDesc.rowMajor(F32, l.n, l.c, l.size, l.size)
                : desc(layout, l.n, l.c, l.size, l.size);
        MemoryDesc to = desc(layout, l.n, l.o, out, out);
        double flop = 2.0 * l.n * l.o * out * out * l.c / l.groups * l.kernel * l.kernel;
        try (Primitive p = Convolutions.forward(from, MemoryDesc.any(F32, weights), MemoryDesc.rowMajor(F32, l.o), to,
                Window.uniform(2, l.stride, pad), List.of(new PostOp.Apply(Activation.relu())))) {
            time(l.name + " " + layout, p, flop);
        } catch (FiresteelException e) {
            System.out.printf("%-24s %s%n", l.name + " " + layout, "no fast kernel");
        }
    }

    private static void matmul(long m, long k, long n) {
        try (Primitive p = MatrixProducts.matmul(MemoryDesc.rowMajor(F32, m, k), MemoryDesc.any(F32, k, n),
                MemoryDesc.rowMajor(F32, 1, n), MemoryDesc.rowMajor(F32, m, n), List.of())) {
            time("matmul " + m + "x" + k + "x" + n, p, 2.0 * m * k * n);
        }
        try (Primitive p = MatrixProducts.innerProduct(MemoryDesc.rowMajor(F32, m, k), MemoryDesc.any(F32, n, k),
                MemoryDesc.rowMajor(F32, n), MemoryDesc.rowMajor(F32, m, n), List.of())) {
            time("inner " + m + "x" + k + "x" + n, p, 2.0 * m * k * n);
        }
    }

    private static void time(String name, Primitive p, double flop) {
        ByteBuffer[] memory = new ByteBuffer[p.arguments() + 1];
        long[] addresses = new long[p.arguments()];
        for (int i = 0; i < addresses.length; i++) {
            memory[i] = NativeTensor.allocate(p.desc(i).bytes());
            addresses[i] = NativeTensor.address(memory[i]);
        }
        memory[addresses.length] = NativeTensor.allocate(p.scratchBytes());
        double[] seconds = new double[15];
        try (Execution e = p.bind(NativeTensor.address(memory[addresses.length]), addresses)) {
            for (int i = 0; i < seconds.length; i++) {
                long start = System.nanoTime();
                e.run();
                seconds[i] = (System.nanoTime() - start) * 1e-9;
            }
        }
        Arrays.sort(seconds);
        double median = seconds[seconds.length / 2];
        System.out.printf("%-24s %8.1f GFLOP/s %9.3f ms  %s%n", name, flop / median * 1e-9, median * 1e3, p.implementation());
    }
}
