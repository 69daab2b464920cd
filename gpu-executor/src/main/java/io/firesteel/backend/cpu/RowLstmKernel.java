package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Recurrent;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An LSTM on one row. oneDNN multiplies the whole input by W; a step is then a {@link PairedProduct} and two passes of
 * {@link LstmVectors} over its result. After each step nothing but R is in the core's own cache, the code of a primitive neither:
 * a step of few instructions is as fast as R is read.
 */
final class RowLstmKernel implements Kernel {

    /** Vectors of this length come with fused multiply-add; where there is none, the Vector API is slow. */
    private static final int FEWEST_LANES = 8;

    private final int steps;
    private final int hidden;
    private final int padded;
    private final int directions;
    private final boolean firstReversed;
    private final boolean paired;
    private final Primitive input;
    private final long[] inputWeights;
    private final float[][] stateWeights;
    private final long bias;
    private final List<PairedProduct> shared;

    /**
     * @param layer an LSTM on fp32 with constant weights, sigmoid and tanh, steps first, one row
     * @param paired whether sessions multiply by R in pairs
     */
    RowLstmKernel(Layer layer, boolean paired, Constants constants) {
        long[] data = layer.inputSizes(0);
        Recurrent.Direction direction = ((Recurrent.LSTM) layer.operator()).form().direction();
        int lanes = LstmVectors.lanes();
        this.paired = paired;
        steps = (int) data[0];
        hidden = (int) layer.inputSizes(2)[2];
        padded = (hidden + lanes - 1) / lanes * lanes;
        directions = direction.count();
        firstReversed = direction == Recurrent.Direction.REVERSE;
        input = MatrixProducts.matmul(rowMajor(steps, data[2]), MemoryDesc.any(ElementType.F32, data[2], gates()),
                rowMajor(1, gates()), rowMajor(steps, gates()), List.of()).compile();
        Tensor w = layer.constant(1).orElseThrow();
        Tensor r = layer.constant(2).orElseThrow();
        LstmWeights weights = new LstmWeights(hidden, constants);
        inputWeights = new long[directions];
        stateWeights = new float[directions][];
        for (int d = 0; d < directions; d++) {
            inputWeights[d] = weights.interleaved(w, d, lanes, input.desc(1));
            stateWeights[d] = weights.panels(r, d, lanes);
        }
        bias = weights.interleavedBias(layer, lanes);
        shared = paired ? products() : List.of();
    }

    /** Whether this JVM has vectors, and positions in the layer fit 32 bits. */
    static boolean isAvailable(Layer layer) {
        long most = Math.max(layer.inputSizes(0)[0], layer.inputSizes(2)[2]);
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && LstmVectors.lanes() >= FEWEST_LANES
                && Float.BYTES * LstmWeights.GATES * most * (layer.inputSizes(2)[2] + LstmVectors.lanes()) < Integer.MAX_VALUE;
    }

    private static MemoryDesc rowMajor(long... dims) {
        return MemoryDesc.rowMajor(ElementType.F32, dims);
    }

    private int gates() {
        return LstmWeights.GATES * padded;
    }

    private int inputBytes() {
        return Float.BYTES * steps * gates();
    }

    private List<PairedProduct> products() {
        return Arrays.stream(stateWeights)
                .map(r -> new PairedProduct(r, hidden, LstmWeights.GATES * LstmVectors.lanes())).toList();
    }

    @Override
    public String implementation() {
        return paired ? "lstm:vector:paired" : "lstm:vector";
    }

    @Override
    public long scratchBytes() {
        return (long) directions * inputBytes() + input.scratchBytes();
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        return new Run(inputs, outputs, scratch);
    }

    @Override
    public void close() {
        input.close();
    }

    /** Bound to one session's memory. */
    private final class Run implements Launch {

        private final List<Execution> executions = new ArrayList<>();
        private final ByteBuffer[] inputParts = new ByteBuffer[directions];
        private final List<PairedProduct> products = paired ? shared : products();
        private final FloatBuffer firstState;
        private final FloatBuffer firstCell;
        private final FloatBuffer states;
        private final FloatBuffer lastState;
        private final FloatBuffer lastCell;
        private final float[] cell = new float[padded];

        Run(long[] inputs, long[] outputs, long scratch) {
            for (int d = 0; d < directions; d++) {
                long part = scratch + (long) d * inputBytes();
                executions.add(input.bind(scratch + (long) directions * inputBytes(), inputs[0], inputWeights[d],
                        bias + (long) Float.BYTES * gates() * d, part));
                inputParts[d] = NativeMemory.view(part, inputBytes());
            }
            firstState = view(inputs, 5, 1);
            firstCell = view(inputs, 6, 1);
            states = view(outputs, 0, steps);
            lastState = view(outputs, 1, 1);
            lastCell = view(outputs, 2, 1);
        }

        /** Rows of hidden elements, or null where the operand is absent. */
        private FloatBuffer view(long[] addresses, int index, int rows) {
            return index < addresses.length && addresses[index] != 0
                    ? NativeMemory.view(addresses[index], Float.BYTES * rows * directions * hidden).asFloatBuffer() : null;
        }

        @Override
        public void run() {
            for (Execution execution : executions) {
                execution.run();
            }
            for (int d = 0; d < directions; d++) {
                try (PairedProduct.Place place = products.get(d).join(steps)) {
                    begin(firstState, d, place.row());
                    begin(firstCell, d, cell);
                    for (int s = 0; s < steps; s++) {
                        int step = d == 1 || firstReversed ? steps - 1 - s : s;
                        place.multiply();
                        LstmVectors.gates(place.product(), inputParts[d], Float.BYTES * gates() * step);
                        LstmVectors.next(place.product(), cell, place.row());
                        end(states, step * directions + d, place.row());
                    }
                    end(lastState, d, place.row());
                    end(lastCell, d, cell);
                    place.finish();
                }
            }
        }

        private void begin(FloatBuffer from, int index, float[] values) {
            Arrays.fill(values, 0);
            if (from != null) {
                from.get(index * hidden, values, 0, hidden);
            }
        }

        private void end(FloatBuffer to, int index, float[] values) {
            if (to != null) {
                to.put(index * hidden, values, 0, hidden);
            }
        }

        @Override
        public void close() {
            executions.forEach(Execution::close);
        }
    }
}
