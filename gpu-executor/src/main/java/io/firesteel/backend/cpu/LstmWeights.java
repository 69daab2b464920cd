package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * An LSTM's constants in the form of {@link LstmKernel}: weights transposed, those and the bias of the gate c doubled.
 *
 * @param hidden elements of a state
 */
record LstmWeights(long hidden, Constants constants) {

    static final int GATES = 4;
    private static final int CELL_GATE = 3;

    private record Form(long first, MemoryDesc target) {}

    /**
     * Rows of W or R, transposed, in a primitive's layout.
     *
     * @param tensor [directions, gates * hidden, columns]
     * @param first the first row, those of all directions counted
     * @param target [columns, rows], or [blocks, columns, rows] for as many blocks one after the other
     */
    long rows(Tensor tensor, long first, MemoryDesc target) {
        long columns = tensor.sizes()[2];
        return constants.prepared(tensor, new Form(first, target), target.bytes(), (source, memory) -> {
            long[] dims = target.dims();
            int rank = dims.length;
            long each = dims[rank - 1];
            long count = rank == 2 ? each : dims[0] * each;
            long[] strides = {each * columns, 1, columns};
            MemoryDesc view = MemoryDesc.strided(ElementType.F32, dims, Arrays.copyOfRange(strides, 3 - rank, 3));
            long bytes = Float.BYTES * columns;
            try (NativeMemory staging = NativeMemory.allocate(count * bytes); Primitive reorder = Elementwise.reorder(view, target);
                    Execution run = reorder.bind(0, staging.address(), memory)) {
                NativeMemory.copy(source + first * bytes, staging.address(), count * bytes);
                for (long i = 0; i < count; i++) {
                    if ((first + i) / hidden % GATES == CELL_GATE) {
                        twice(NativeMemory.view(staging.address() + i * bytes, Math.toIntExact(bytes)).asFloatBuffer());
                    }
                }
                run.run();
            }
        });
    }

    private static void twice(FloatBuffer values) {
        for (int i = 0; i < values.limit(); i++) {
            values.put(i, 2 * values.get(i));
        }
    }

    /** The sums of the biases of W and R, or zeros: [directions, gates * hidden]. */
    long bias(Layer layer) {
        Tensor both = layer.constant(3).orElse(null);
        Tensor w = layer.constant(1).orElseThrow();
        int count = Math.toIntExact(GATES * hidden);
        int all = Math.toIntExact(w.sizes()[0] * count);
        long bytes = (long) Float.BYTES * all;
        return constants.prepared(both == null ? w : both, "LSTM bias", bytes, (source, memory) -> {
            NativeMemory.clear(memory, bytes);
            if (both != null) {
                float[] values = both.toFloats();
                FloatBuffer out = NativeMemory.view(memory, Math.toIntExact(bytes)).asFloatBuffer();
                for (int i = 0; i < all; i++) {
                    int from = i / count * 2 * count + i % count;
                    out.put(i, (values[from] + values[from + count]) * (i % count / hidden == CELL_GATE ? 2 : 1));
                }
            }
        });
    }
}
