package io.firesteel.backend.cpu.winograd;

import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Kernels of 3x3 weights as 36 matrices of weights, G g G' for tiles of 4x4 results (Lavin and Gray 2015): each matrix is a sum
 * of the nine taps, so that all are one product with the 36x9 factors, which oneDNN computes without a JVM having to compile
 * anything first.
 *
 * @param channels input channels
 * @param outputs output channels
 * @param place the matrices [36, channels, outputs], both padded
 */
record WeightTransform(int channels, int outputs, MemoryDesc place) {

    private static final double[][] G = {
        {1 / 4.0, 0, 0}, {-1 / 6.0, -1 / 6.0, -1 / 6.0}, {-1 / 6.0, 1 / 6.0, -1 / 6.0},
        {1 / 24.0, 1 / 12.0, 1 / 6.0}, {1 / 24.0, -1 / 12.0, 1 / 6.0}, {0, 0, 1}};
    private static final int TAPS = 9;
    /** Whole blocks of every layout that oneDNN has for matrices of fp32, and few enough to stay in a core's cache. */
    private static final int CHANNELS_AT_A_TIME = 32;

    /**
     * Transforms a kernel.
     *
     * @param weights address of fp32 [outputs, channels, 3, 3], row-major
     * @param target address of the matrices' memory
     */
    void run(long weights, long target) {
        long planes = place.dims()[0];
        long paddedChannels = place.dims()[1];
        long paddedOutputs = place.dims()[2];
        long most = Math.min(CHANNELS_AT_A_TIME, paddedChannels);
        try (NativeMemory factors = factors();
                NativeMemory matrices = NativeMemory.allocate(Float.BYTES * planes * most * paddedOutputs)) {
            for (long from = 0; from < paddedChannels; from += most) {
                long[] part = {planes, Math.min(most, paddedChannels - from), paddedOutputs};
                long present = Math.min(part[1], channels - from);
                if (present < part[1] || outputs < paddedOutputs) {
                    NativeMemory.clear(matrices.address(), matrices.bytes());
                }
                multiply(factors.address(), weights + Float.BYTES * TAPS * from, present, part, matrices.address());
                try (Primitive reorder = Elementwise.reorder(MemoryDesc.rowMajor(ElementType.F32, part),
                        place.slice(new long[] {0, from, 0}, part));
                        Execution run = reorder.bind(0, matrices.address(), target)) {
                    run.run();
                }
            }
        }
    }

    /** For each channel [36, 9] x [9, outputs], into [36, channels, outputs] as large as the part is. */
    private void multiply(long factors, long weights, long present, long[] part, long matrices) {
        MemoryDesc taps = MemoryDesc.strided(ElementType.F32, new long[] {present, TAPS, outputs},
                new long[] {TAPS, 1, (long) TAPS * channels});
        MemoryDesc result = MemoryDesc.strided(ElementType.F32, new long[] {present, part[0], outputs},
                new long[] {part[2], part[1] * part[2], 1});
        try (Primitive product = MatrixProducts.matmul(MemoryDesc.rowMajor(ElementType.F32, 1, part[0], TAPS), taps, null, result, List.of());
                NativeMemory scratch = NativeMemory.allocate(Math.max(1, product.scratchBytes()));
                Execution run = product.bind(scratch.address(), factors, weights, matrices)) {
            run.run();
        }
    }

    /** What each tap counts in each matrix. */
    private static NativeMemory factors() {
        NativeMemory memory = NativeMemory.allocate((long) Float.BYTES * G.length * G.length * TAPS);
        FloatBuffer factors = NativeMemory.view(memory.address(), (int) memory.bytes()).asFloatBuffer();
        for (double[] row : G) {
            for (double[] column : G) {
                for (int tap = 0; tap < TAPS; tap++) {
                    factors.put((float) (row[tap / 3] * column[tap % 3]));
                }
            }
        }
        return memory;
    }
}
