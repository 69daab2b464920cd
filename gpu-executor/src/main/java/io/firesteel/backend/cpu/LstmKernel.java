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
import java.util.ArrayList;
import java.util.List;

/**
 * An LSTM that multiplies its whole input by W at once, so that each step reads only R, the weights of the state.
 *
 * <p>A step is four primitives. The first adds the state's part to the input's, in place, and applies the sigmoid to all gates
 * i, o, f and c; because tanh(x) = 2 sigmoid(2x) - 1, the weights and bias of c are doubled, and s = sigmoid(2x) becomes its gate.
 *
 * <pre>
 *   kept = f * cell
 *   cell = 2 * i * s - i + kept
 *   state = tanh(cell) * o
 * </pre>
 */
final class LstmKernel implements Kernel {

    private static final long ALIGNMENT = 64;
    private static final int GATES = LstmWeights.GATES;
    private static final int STEP_PRIMITIVES = 4;

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
        PostOp sigmoid = new PostOp.Apply(Activation.of(Activation.Kind.SIGMOID));
        gates = MatrixProducts.matmul(rowMajor(1, batch, hidden), MemoryDesc.any(ElementType.F32, GATES, hidden, hidden), null,
                MemoryDesc.strided(ElementType.F32, new long[] {GATES, batch, hidden}, new long[] {rows * hidden, hidden, 1}),
                List.of(new PostOp.Sum(), sigmoid)).compile();
        keep = Elementwise.binary(BinaryFunction.MUL, flat, flat, flat, List.of()).compile();
        cell = Elementwise.binary(BinaryFunction.MUL, flat, flat, flat, List.of(
                new PostOp.Apply(new Activation(Activation.Kind.LINEAR, 2, 0)), new PostOp.Binary(BinaryFunction.SUB, flat),
                new PostOp.Binary(BinaryFunction.ADD, flat))).compile();
        // oneDNN's unary functions take no further operand, its binary ones do: zero is added.
        state = Elementwise.binary(BinaryFunction.ADD, flat, rowMajor(1, 1), flat, List.of(
                new PostOp.Apply(Activation.of(Activation.Kind.TANH)), new PostOp.Binary(BinaryFunction.MUL, flat))).compile();
        Tensor w = layer.constant(1).orElseThrow();
        Tensor r = layer.constant(2).orElseThrow();
        LstmWeights prepared = new LstmWeights(hidden, constants);
        inputWeights = new long[directions * GATES];
        for (int i = 0; i < inputWeights.length; i++) {
            inputWeights[i] = prepared.rows(w, i * hidden, input.desc(1));
        }
        stateWeights = new long[directions];
        for (int d = 0; d < directions; d++) {
            stateWeights[d] = prepared.rows(r, d * GATES * hidden, gates.desc(1));
        }
        zero = constants.prepared(w, "zero", ALIGNMENT, (source, memory) -> NativeMemory.clear(memory, ALIGNMENT));
        bias = prepared.bias(layer);
    }

    private static MemoryDesc rowMajor(long... dims) {
        return MemoryDesc.rowMajor(ElementType.F32, dims);
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
        private final long[][] states = new long[directions][(int) steps + 1];

        Run(long[] inputs, long[] outputs, long scratch) {
            this.inputs = inputs.clone();
            this.outputs = outputs.clone();
            cellAddress = scratch + aligned(GATES * directions * gateBytes());
            keptAddress = cellAddress + aligned(stateBytes());
            stateAddress = keptAddress + aligned(stateBytes());
            long pad = stateAddress + aligned(stateBytes());
            for (int i = 0; i < inputWeights.length; i++) {
                executions.add(input.bind(pad, inputs[0], inputWeights[i], bias + 4 * hidden * i,
                        scratch + i * gateBytes()));
            }
            for (int d = 0; d < directions; d++) {
                states[d][0] = stateAddress;
                for (int s = 0; s < steps; s++) {
                    long step = d == 1 || firstReversed ? steps - 1 - s : s;
                    long gate = scratch + d * GATES * gateBytes() + step * stateBytes();
                    states[d][s + 1] = outputs[0] == 0 ? stateAddress : outputs[0] + (step * directions + d) * stateBytes();
                    step(states[d][s], d, gate, states[d][s + 1], pad);
                }
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
            for (int d = 0; d < directions; d++) {
                begin(5, stateAddress, d);
                begin(6, cellAddress, d);
                for (int s = 0; s < steps; s++) {
                    step(d, s);
                }
                end(1, states[d][(int) steps], d);
                end(2, cellAddress, d);
            }
        }

        private void step(int direction, int step) {
            int first = inputWeights.length + (direction * (int) steps + step) * STEP_PRIMITIVES;
            for (int i = first; i < first + STEP_PRIMITIVES; i++) {
                executions.get(i).run();
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
