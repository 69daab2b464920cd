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
import java.util.function.IntUnaryOperator;

/**
 * An LSTM's constants in the forms of {@link LstmKernel} and {@link RowLstmKernel}: weights transposed, those and the bias of the
 * gate c doubled.
 *
 * @param hidden elements of a state
 */
record LstmWeights(long hidden, Constants constants) {

    static final int GATES = 4;
    private static final int CELL_GATE = 3;

    private record Form(long first, MemoryDesc target) {}

    private record InterleavedForm(int direction, int lanes, MemoryDesc target) {}

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
                    if (factor(first + i) == 2) {
                        twice(NativeMemory.view(staging.address() + i * bytes, Math.toIntExact(bytes)).asFloatBuffer());
                    }
                }
                run.run();
            }
        });
    }

    /**
     * One direction of W, transposed, in a primitive's layout, its columns in the order of {@link #interleavedColumn}.
     *
     * @param tensor [directions, gates * hidden, rows]
     * @param target [rows, columns]
     */
    long interleaved(Tensor tensor, int direction, int lanes, MemoryDesc target) {
        return constants.prepared(tensor, new InterleavedForm(direction, lanes, target), target.bytes(), (source, memory) -> {
            int columns = interleavedColumns(lanes);
            MemoryDesc plain = MemoryDesc.rowMajor(ElementType.F32, target.dims());
            try (NativeMemory staging = NativeMemory.allocate(plain.bytes()); Primitive reorder = Elementwise.reorder(plain, target);
                    Execution run = reorder.bind(0, staging.address(), memory)) {
                NativeMemory.clear(staging.address(), plain.bytes());
                FloatBuffer out = NativeMemory.view(staging.address(), Math.toIntExact(plain.bytes())).asFloatBuffer();
                each(tensor, direction, lanes, (row, column, value) -> out.put(row * columns + column, value));
                run.run();
            }
        });
    }

    /** One direction of R in panels as wide as four vectors: [columns / (4 * lanes), rows, 4 * lanes]. */
    float[] panels(Tensor tensor, int direction, int lanes) {
        int rows = Math.toIntExact(tensor.sizes()[2]);
        int wide = GATES * lanes;
        float[] panels = new float[Math.multiplyExact(rows, interleavedColumns(lanes))];
        each(tensor, direction, lanes,
                (row, column, value) -> panels[(column / wide * rows + row) * wide + column % wide] = value);
        return panels;
    }

    @FunctionalInterface
    private interface Place {
        void put(int row, int column, float value);
    }

    private void each(Tensor tensor, int direction, int lanes, Place place) {
        int rows = Math.toIntExact(tensor.sizes()[2]);
        int count = GATES * Math.toIntExact(hidden);
        float[] values = tensor.toFloats();
        for (int i = 0; i < count; i++) {
            int column = interleavedColumn(i, lanes);
            int factor = factor(i);
            for (int k = 0; k < rows; k++) {
                place.put(k, column, factor * values[(direction * count + i) * rows + k]);
            }
        }
    }

    /** Those of whole vectors, zeros behind the hidden elements. */
    private int interleavedColumns(int lanes) {
        return GATES * (((int) hidden + lanes - 1) / lanes * lanes);
    }

    /**
     * Where the hidden element of a gate lies that ONNX has at this row: of i, o, f and c as many as a vector has lanes come in
     * turns.
     */
    private int interleavedColumn(int row, int lanes) {
        int element = row % (int) hidden;
        return (element / lanes * GATES + row / (int) hidden) * lanes + element % lanes;
    }

    private int factor(long row) {
        return row / hidden % GATES == CELL_GATE ? 2 : 1;
    }

    private static void twice(FloatBuffer values) {
        for (int i = 0; i < values.limit(); i++) {
            values.put(i, 2 * values.get(i));
        }
    }

    /** The sums of the biases of W and R, or zeros: [directions, gates * hidden]. */
    long bias(Layer layer) {
        return bias(layer, "LSTM bias", GATES * (int) hidden, i -> i);
    }

    /** The same in the order of {@link #interleaved}: [directions, columns]. */
    long interleavedBias(Layer layer, int lanes) {
        return bias(layer, "LSTM bias by " + lanes, interleavedColumns(lanes), i -> interleavedColumn(i, lanes));
    }

    private long bias(Layer layer, String form, int columns, IntUnaryOperator column) {
        Tensor both = layer.constant(3).orElse(null);
        Tensor w = layer.constant(1).orElseThrow();
        int count = GATES * Math.toIntExact(hidden);
        int directions = Math.toIntExact(w.sizes()[0]);
        long bytes = (long) Float.BYTES * directions * columns;
        return constants.prepared(both == null ? w : both, form, bytes, (source, memory) -> {
            NativeMemory.clear(memory, bytes);
            if (both != null) {
                float[] values = both.toFloats();
                FloatBuffer out = NativeMemory.view(memory, Math.toIntExact(bytes)).asFloatBuffer();
                for (int i = 0; i < directions * count; i++) {
                    int from = i / count * 2 * count + i % count;
                    out.put(i / count * columns + column.applyAsInt(i % count),
                            (values[from] + values[from + count]) * factor(i % count));
                }
            }
        });
    }
}
