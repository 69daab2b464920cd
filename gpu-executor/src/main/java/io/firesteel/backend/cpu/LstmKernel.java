package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Recurrent;
import io.firesteel.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An LSTM that multiplies its whole input by W at once, so that each step reads only R, the weights of the state.
 *
 * <p>A step is four primitives. The first adds the state's part to the input's, in place, and applies the sigmoid to all gates
 * i, o, f and c; because tanh(x) = 2 sigmoid(2x) - 1, the weights and bias of c are doubled, and s = sigmoid(2x) becomes its gate:
 *
 * <pre>
 *   kept = f * cell
 *   cell = 2 * i * s - i + kept
 *   state = tanh(cell) * o
 * </pre>
 */
final class LstmKernel implements Kernel {

    private static final long ALIGNMENT = 64;
    private static final int GATES = 4;
    private static final int CELL_GATE = 3;

    private final long steps;
    private final long batch;
    private final long hidden;
    private final int directions;
    private final boolean firstReversed;
    private final Primitive input;
    private final Primitive gates;
    private final Primitive keep;
    private final Primitive cell;
    private final Primitive state;
    private final long[] inputWeights;
    private final long[] stateWeights;
    private final long bias;
    private final long zero;

    /** @param layer an LSTM on fp32 with constant weights, sigmoid and tanh, steps first */
    LstmKernel(Layer layer, Constants constants) {
        long[] data = layer.inputSizes(0);
        Recurrent.Direction direction = ((Recurrent.LSTM) layer.operator()).form().direction();
        steps = data[0];
        batch = data[1];
        hidden = layer.inputSizes(2)[2];
        directions = direction.count();
        firstReversed = direction == Recurrent.Direction.REVERSE;
        long rows = steps * batch;
        MemoryDesc flat = rowMajor(1, batch * hidden);
        input = MatrixProducts.matmul(rowMajor(rows, data[2]), MemoryDesc.any(ElementType.F32, data[2], hidden),
                rowMajor(1, hidden), rowMajor(rows, hidden), List.of()).compile();
        gates = MatrixProducts.matmul(rowMajor(1, batch, hidden), MemoryDesc.any(ElementType.F32, GATES, hidden, hidden), null,
                MemoryDesc.strided(ElementType.F32, new long[] {GATES, batch, hidden}, new long[] {rows * hidden, hidden, 1}),
                List.of(new PostOp.Sum(), new PostOp.Apply(Activation.of(Activation.Kind.SIGMOID)))).compile();
        keep = Elementwise.binary(BinaryFunction.MUL, flat, flat, flat, List.of()).compile();
        cell = Elementwise.binary(BinaryFunction.MUL, flat, flat, flat, List.of(
                new PostOp.Apply(new Activation(Activation.Kind.LINEAR, 2, 0)), new PostOp.Binary(BinaryFunction.SUB, flat),
                new PostOp.Binary(BinaryFunction.ADD, flat))).compile();
        // oneDNN's unary functions take no further operand, its binary ones do: zero is added.
        state = Elementwise.binary(BinaryFunction.ADD, flat, rowMajor(1, 1), flat, List.of(
                new PostOp.Apply(Activation.of(Activation.Kind.TANH)), new PostOp.Binary(BinaryFunction.MUL, flat))).compile();
        Tensor w = layer.constant(1).orElseThrow();
        Tensor r = layer.constant(2).orElseThrow();
        inputWeights = new long[directions * GATES];
        for (int i = 0; i < inputWeights.length; i++) {
            inputWeights[i] = weights(w, i, 1, input.desc(1), constants);
        }
        stateWeights = new long[directions];
        for (int d = 0; d < directions; d++) {
            stateWeights[d] = weights(r, d * GATES, GATES, gates.desc(1), constants);
        }
        zero = constants.prepared(w, "zero", ALIGNMENT, (source, memory) -> NativeMemory.clear(memory, ALIGNMENT));
        bias = bias(layer.constant(3).orElse(null), w, constants);
    }

    private static MemoryDesc rowMajor(long... dims) {
        return MemoryDesc.rowMajor(ElementType.F32, dims);
    }

    private record Form(int first, MemoryDesc target) {}

    /** The blocks [hidden, columns] of some gates, transposed, in a primitive's layout. */
    private long weights(Tensor tensor, int first, int count, MemoryDesc target, Constants constants) {
        long columns = tensor.sizes()[2];
        return constants.prepared(tensor, new Form(first, target), target.bytes(), (source, memory) -> {
            long block = 4 * hidden * columns;
            long[] dims = {count, columns, hidden};
            long[] strides = {hidden * columns, 1, columns};
            int lead = dims.length - target.dims().length;
            MemoryDesc view = MemoryDesc.strided(ElementType.F32, Arrays.copyOfRange(dims, lead, 3), Arrays.copyOfRange(strides, lead, 3));
            try (NativeMemory staging = NativeMemory.allocate(count * block); Primitive reorder = Elementwise.reorder(view, target);
                    Execution run = reorder.bind(0, staging.address(), memory)) {
                NativeMemory.copy(source + first * block, staging.address(), count * block);
                for (int i = 0; i < count; i++) {
                    if ((first + i) % GATES == CELL_GATE) {
                        twice(NativeMemory.view(staging.address() + i * block, Math.toIntExact(block)).asFloatBuffer());
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

    /** The sums of the biases of W and R, or zeros. */
    private long bias(Tensor both, Tensor w, Constants constants) {
        int count = Math.toIntExact(GATES * hidden);
        long bytes = 4L * directions * count;
        return constants.prepared(both == null ? w : both, "LSTM bias", bytes, (source, memory) -> {
            NativeMemory.clear(memory, bytes);
            if (both != null) {
                float[] values = both.toFloats();
                FloatBuffer out = NativeMemory.view(memory, Math.toIntExact(bytes)).asFloatBuffer();
                for (int i = 0; i < directions * count; i++) {
                    int from = i / count * 2 * count + i % count;
                    out.put(i, (values[from] + values[from + count]) * (i % count / hidden == CELL_GATE ? 2 : 1));
                }
            }
        });
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private long gateBytes() {
        return 4 * steps * batch * hidden;
    }

    private long stateBytes() {
        return 4 * batch * hidden;
    }

    @Override
    public String implementation() {
        return "lstm:" + gates.implementation();
    }

    @Override
    public long scratchBytes() {
        return aligned(GATES * directions * gateBytes()) + 3 * aligned(stateBytes())
                + Math.max(Math.max(input.scratchBytes(), gates.scratchBytes()), state.scratchBytes());
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        return new Run(inputs, outputs, scratch);
    }

    @Override
    public void close() {
        List.of(input, gates, keep, cell, state).forEach(Primitive::close);
    }

    /** Bound to one session's memory: every step has executions of its own. */
    private final class Run implements Launch {

        private final long[] inputs;
        private final long[] outputs;
        private final long cellAddress;
        private final long keptAddress;
        private final long stateAddress;
        private final List<Execution> executions = new ArrayList<>();
        private final long[] lastStates = new long[directions];

        Run(long[] inputs, long[] outputs, long scratch) {
            this.inputs = inputs.clone();
            this.outputs = outputs.clone();
            cellAddress = scratch + aligned(GATES * directions * gateBytes());
            keptAddress = cellAddress + aligned(stateBytes());
            stateAddress = keptAddress + aligned(stateBytes());
            long pad = stateAddress + aligned(stateBytes());
            for (int i = 0; i < inputWeights.length; i++) {
                executions.add(input.bind(pad, inputs[0], inputWeights[i], bias + 4 * hidden * i, scratch + i * gateBytes()));
            }
            for (int d = 0; d < directions; d++) {
                long before = stateAddress;
                for (int s = 0; s < steps; s++) {
                    long step = d == 1 || firstReversed ? steps - 1 - s : s;
                    long gate = scratch + d * GATES * gateBytes() + step * stateBytes();
                    long after = outputs[0] == 0 ? stateAddress : outputs[0] + (step * directions + d) * stateBytes();
                    step(before, d, gate, after, pad);
                    before = after;
                }
                lastStates[d] = before;
            }
        }

        private void step(long before, int direction, long gate, long after, long pad) {
            long out = gate + gateBytes();
            long forget = out + gateBytes();
            long candidate = forget + gateBytes();
            executions.add(gates.bind(pad, before, stateWeights[direction], gate));
            executions.add(keep.bind(pad, forget, cellAddress, keptAddress));
            executions.add(cell.bind(pad, gate, candidate, cellAddress, gate, keptAddress));
            executions.add(state.bind(pad, cellAddress, zero, after, out));
        }

        @Override
        public void run() {
            int first = inputWeights.length;
            for (int i = 0; i < first; i++) {
                executions.get(i).run();
            }
            int each = (executions.size() - first) / directions;
            for (int d = 0; d < directions; d++) {
                begin(5, stateAddress, d);
                begin(6, cellAddress, d);
                for (int i = 0; i < each; i++) {
                    executions.get(first + d * each + i).run();
                }
                end(1, lastStates[d], d);
                end(2, cellAddress, d);
            }
        }

        private void begin(int index, long address, int direction) {
            if (index < inputs.length && inputs[index] != 0) {
                NativeMemory.copy(inputs[index] + direction * stateBytes(), address, stateBytes());
            } else {
                NativeMemory.clear(address, stateBytes());
            }
        }

        private void end(int index, long address, int direction) {
            if (index < outputs.length && outputs[index] != 0) {
                NativeMemory.copy(address, outputs[index] + direction * stateBytes(), stateBytes());
            }
        }

        @Override
        public void close() {
            executions.forEach(Execution::close);
        }
    }
}
