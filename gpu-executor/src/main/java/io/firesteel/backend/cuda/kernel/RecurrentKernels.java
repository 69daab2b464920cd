package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Recurrent layers: one product for the inputs of all steps, then one launch a step. */
final class RecurrentKernels implements KernelFamily {

    private static final long ALIGNMENT = 256;
    private static final int BLOCK_ROWS = 32;
    private static final int BLOCK_HIDDEN = 8;

    @Override
    public Map<Class<? extends Operator>, LayerOffer> offers() {
        Map<Class<? extends Operator>, LayerOffer> offers = new HashMap<>();
        for (Class<? extends Operator> operator : List.of(Recurrent.RNN.class, Recurrent.GRU.class, Recurrent.LSTM.class)) {
            offers.put(operator, (l, t) -> RecurrentCell.of(l).map(cell -> offer(l, t, cell))
                    .orElseGet(() -> Offer.none("GRUs that reset before the product are not generated")));
        }
        return offers;
    }

    private static Offer offer(Layer layer, KernelTarget target, RecurrentCell cell) {
        DataType type = layer.input(0).dataType();
        if (!type.isFloatingPoint() || type == DataType.FLOAT64 || layer.input(0).shape().elements() == 0) {
            return Offer.none("recurrent layers are generated for fp32, fp16 and bf16 that are not empty");
        }
        TensorLayout[] inputs = inputs(layer);
        TensorLayout[] outputs = outputs(layer);
        return Offer.of(target.tactic("recurrent", inputs, outputs,
                (operands, constants) -> new Sequence(layer, cell, inputs, outputs).generate())
                .precision(CudaTypes.precision(layer)));
    }

    /** Biases and peephole weights are read in fp32. */
    static TensorLayout[] inputs(Layer layer) {
        TensorLayout[] inputs = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < inputs.length; i++) {
            if (layer.hasInput(i)) {
                inputs[i] = i == 3 || i == 7 ? TensorLayout.linear(layer.input(i).withDataType(DataType.FLOAT32))
                        : CudaTypes.layout(layer, layer.input(i), TensorFormat.LINEAR);
            }
        }
        return inputs;
    }

    static TensorLayout[] outputs(Layer layer) {
        TensorLayout[] outputs = new TensorLayout[layer.outputCount()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = layer.hasOutput(i) ? CudaTypes.layout(layer, layer.output(i), TensorFormat.LINEAR) : null;
        }
        return outputs;
    }

    /** The launches of one layer. */
    private static final class Sequence {
        private final Recurrent.Form form;
        private final int gates;
        private final RecurrentCell cell;
        private final TensorLayout[] inputs;
        private final TensorLayout[] outputs;
        private final DataType type;
        private final long steps;
        private final long batch;
        private final long features;
        private final long hidden;
        private final int directions;
        private final List<KernelCall> calls = new ArrayList<>();
        private long scratch;

        Sequence(Layer layer, RecurrentCell cell, TensorLayout[] inputs, TensorLayout[] outputs) {
            this.form = cell.form();
            this.gates = cell.gates();
            this.cell = cell;
            this.inputs = inputs;
            this.outputs = outputs;
            long[] data = layer.inputSizes(0);
            type = inputs[0].dataType();
            steps = data[form.batchFirst() ? 1 : 0];
            batch = data[form.batchFirst() ? 0 : 1];
            features = data[2];
            hidden = layer.inputSizes(2)[2];
            directions = form.direction().count();
        }

        KernelSequence generate() {
            List<Run> runs = new ArrayList<>();
            for (int d = 0; d < directions; d++) {
                runs.add(begin(d));
            }
            if (directions == 2 && cell.text(0).equals(cell.text(1))) {
                for (long i = 0; i < steps; i++) {
                    calls.add(step(runs, i));
                }
            } else {
                for (Run run : runs) {
                    for (long i = 0; i < steps; i++) {
                        calls.add(step(List.of(run), i));
                    }
                }
            }
            for (Run run : runs) {
                writeState(1, run.d, run.states[(int) (steps % 2)], type);
                if (gates == 4) {
                    writeState(2, run.d, run.cell, DataType.FLOAT32);
                }
            }
            return new KernelSequence(calls, scratch);
        }

        /**
         * One direction.
         *
         * @param all what the inputs of all steps add to the gates
         * @param states the state before a step and after it, taking turns
         */
        private record Run(int d, boolean backward, Argument all, Argument[] states, Argument cell) { }

        private boolean has(int input) {
            return input < inputs.length && inputs[input] != null;
        }

        private Argument reserve(long bytes) {
            long at = scratch;
            scratch = (scratch + bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            return Argument.scratch(at);
        }

        private Run begin(int d) {
            Argument all = reserve(steps * batch * gates * hidden * Float.BYTES);
            Argument[] states = {reserve(batch * hidden * type.bytes()), reserve(batch * hidden * type.bytes())};
            Argument cell = reserve(batch * hidden * Float.BYTES);
            calls.add(inputProduct(d, all));
            calls.add(copyState(states[0], type, 5, d));
            if (gates == 4) {
                calls.add(copyState(cell, DataType.FLOAT32, 6, d));
            }
            return new Run(d, form.direction() == Recurrent.Direction.REVERSE || d == 1, all, states, cell);
        }

        private KernelCall inputProduct(int d, Argument target) {
            long rows = gates * hidden;
            ProductSource source = new ProductSource(1, steps * batch, rows, features).operands(type, type)
                    .pointer("x", "const " + CudaTypes.storage(type), Argument.input(0))
                    .pointer("w", "const " + CudaTypes.storage(type), Argument.input(1).plus(d * rows * features * type.bytes()))
                    .pointer("bias", "const float", has(3) ? Argument.input(3).plus(d * 2 * rows * Float.BYTES) : Argument.constant(0))
                    .pointer("result", "float", target);
            source.function("float load_a", "index_t batch, index_t m, index_t k", form.batchFirst()
                    ? String.format("return get(x[(m %% %d * %d + m / %d) * %d + k]);%n", batch, steps, batch, features)
                    : String.format("return get(x[m * %d + k]);%n", features));
            source.function("float load_b", "index_t batch, index_t k, index_t n", String.format("return get(w[n * %d + k]);%n", features));
            source.function("void finish", "index_t batch, index_t m, index_t n, float sum",
                    String.format("result[m * %d + n] = sum + (bias ? bias[n] : 0);%n", rows));
            return source.call();
        }

        /** Where a state of one row begins in a state tensor, and how far rows are apart. */
        private long[] stateStrides(int d) {
            return form.batchFirst() ? new long[] {d * hidden, directions * hidden} : new long[] {d * batch * hidden, hidden};
        }

        private KernelCall copyState(Argument target, DataType targetType, int input, int d) {
            long[] strides = stateStrides(d);
            long[] sizes = {batch, hidden};
            ElementSource source = new ElementSource("state", sizes).output("y", target, targetType, sizes, new long[] {hidden, 1});
            if (has(input)) {
                DataType given = inputs[input].dataType();
                source.input("x", Argument.input(input).plus(strides[0] * given.bytes()), given, sizes, new long[] {strides[1], 1})
                        .line("set_y(x(c0, c1), c0, c1);");
            } else {
                source.line("set_y(0, c0, c1);");
            }
            return source.call();
        }

        private void writeState(int output, int d, Argument from, DataType fromType) {
            if (output < outputs.length && outputs[output] != null) {
                long[] strides = stateStrides(d);
                long[] sizes = {batch, hidden};
                DataType wanted = outputs[output].dataType();
                calls.add(new ElementSource("state", sizes).input("x", from, fromType, sizes, new long[] {hidden, 1})
                        .output("y", Argument.output(output).plus(strides[0] * wanted.bytes()), wanted, sizes, new long[] {strides[1], 1})
                        .line("set_y(x(c0, c1), c0, c1);").call());
            }
        }

        /** Step {@code number} of directions with the same cell, in one launch. */
        private KernelCall step(List<Run> runs, long number) {
            boolean tensorCores = type.bytes() == 2 && hidden % 2 == 0;
            SourceText text = new SourceText().line("typedef %s T;", CudaTypes.storage(type))
                    .line("%s", tensorCores ? Prelude.TENSOR_CORES : "").define("TENSOR_CORES", tensorCores ? 1 : 0).define("GATES", gates)
                    .define("HIDDEN", hidden).define("BATCH", batch).define("STATE_ROW", hidden)
                    .define("RESULT_ROW", form.batchFirst() ? steps * directions * hidden : hidden).define("DIRECTIONS", runs.size())
                    .define("STEP", has(4) ? step(runs.get(0), number) : 0)
                    .define("STEP2", has(4) ? step(runs.get(runs.size() - 1), number) : 0)
                    .define("CELL", cell.text(runs.get(0).d)).line("%s", Prelude.resource("recurrent_step.cu"));
            List<Argument> arguments = new ArrayList<>(arguments(runs.get(0), number));
            arguments.add(has(4) ? Argument.input(4) : Argument.constant(0));
            runs.subList(1, runs.size()).forEach(run -> arguments.addAll(arguments(run, number)));
            long blocks = Sizes.ceilDiv(hidden, BLOCK_HIDDEN) * Sizes.ceilDiv(batch, BLOCK_ROWS) * runs.size();
            return new KernelCall("recurrent_step", text.toString(), blocks, BLOCK_ROWS * BLOCK_HIDDEN, arguments);
        }

        private long step(Run run, long number) {
            return run.backward ? steps - 1 - number : number;
        }

        private List<Argument> arguments(Run run, long number) {
            long rows = gates * hidden;
            int d = run.d;
            long step = step(run, number);
            long resultAt = form.batchFirst() ? (step * directions + d) * hidden : (step * directions + d) * batch * hidden;
            boolean result = outputs.length > 0 && outputs[0] != null;
            return List.of(result ? Argument.output(0).plus(resultAt * type.bytes()) : Argument.constant(0),
                    run.states[(int) ((number + 1) % 2)], run.cell, run.all.plus(step * batch * rows * Float.BYTES),
                    run.states[(int) (number % 2)], Argument.input(2).plus(d * rows * hidden * type.bytes()),
                    has(3) ? Argument.input(3).plus((d * 2 + 1) * rows * Float.BYTES) : Argument.constant(0),
                    has(7) ? Argument.input(7).plus(d * 3 * hidden * Float.BYTES) : Argument.constant(0));
        }
    }
}
