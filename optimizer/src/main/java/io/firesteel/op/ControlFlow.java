package io.firesteel.op;

import io.firesteel.graph.Graph;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Operators that run bodies. What a body uses of the enclosing graph is among its inputs, after the formal ones, and among
 * the node's inputs, in the same order: the captures.
 */
public final class ControlFlow {

    private ControlFlow() { }

    /** An operator that runs bodies. */
    public interface WithBodies extends Operator {

        /** Its bodies. */
        List<Graph> bodies();

        /** For each input of a body the node input that it captures, or -1 where the operator gives it a value of each round. */
        List<Integer> captures(int body);

        /**
         * The same with other bodies.
         *
         * @param bodies in the order of {@link #bodies}, each with the inputs it had or some captures less
         * @param positions where each input of the node comes to stand
         */
        WithBodies withBodies(List<Graph> bodies, IntUnaryOperator positions);
    }

    /** One that runs one body, whose inputs are the node's from {@code shift} on. */
    private interface WithBody extends WithBodies {

        Graph body();

        /** The first input of the body that is a capture. */
        long firstCapture();

        WithBody withBody(Graph body);

        default int shift() {
            return 0;
        }

        @Override
        default List<Graph> bodies() {
            return List.of(body());
        }

        @Override
        default List<Integer> captures(int body) {
            return IntStream.range(0, body().inputs().size()).mapToObj(i -> i < firstCapture() ? -1 : i + shift()).toList();
        }

        @Override
        default WithBodies withBodies(List<Graph> bodies, IntUnaryOperator positions) {
            return withBody(bodies.get(0));
        }
    }

    /**
     * Runs one of two bodies. Input 0 is the condition, a boolean of one element; the others are captures.
     *
     * @param thenBranch runs where the condition is true
     * @param elseBranch runs where it is false
     * @param thenInputs for each input of {@code thenBranch}, the node input it is
     * @param elseInputs for each input of {@code elseBranch}, the node input it is
     */
    public record If(Graph thenBranch, Graph elseBranch, List<Long> thenInputs, List<Long> elseInputs)
            implements WithBodies {

        public If {
            thenInputs = List.copyOf(thenInputs);
            elseInputs = List.copyOf(elseInputs);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            BodyTypes whenTrue = branch(thenBranch, thenInputs, context);
            BodyTypes whenFalse = branch(elseBranch, elseInputs, context);
            if (whenTrue.outputCount() != whenFalse.outputCount()) {
                throw context.error("its branches have " + whenTrue.outputCount() + " and " + whenFalse.outputCount() + " outputs");
            }
            List<ValueType> types = new ArrayList<>();
            for (int i = 0; i < whenTrue.outputCount(); i++) {
                ValueType a = whenTrue.output(i);
                ValueType b = whenFalse.output(i);
                String output = "output" + i + ".";
                types.add(TypeJoin.join(a, b, hint -> context.unknownDim(output + hint))
                        .orElseThrow(() -> context.error("its branches give " + a + " and " + b)));
            }
            return types;
        }

        @Override
        public List<Graph> bodies() {
            return List.of(thenBranch, elseBranch);
        }

        @Override
        public List<Integer> captures(int body) {
            return (body == 0 ? thenInputs : elseInputs).stream().map(Long::intValue).toList();
        }

        @Override
        public WithBodies withBodies(List<Graph> bodies, IntUnaryOperator positions) {
            return new If(bodies.get(0), bodies.get(1), positions(thenBranch, thenInputs, bodies.get(0), positions),
                    positions(elseBranch, elseInputs, bodies.get(1), positions));
        }

        private static List<Long> positions(Graph before, List<Long> inputs, Graph after, IntUnaryOperator positions) {
            return IntStream.range(0, inputs.size()).filter(i -> after.inputs().contains(before.inputs().get(i)))
                    .mapToObj(i -> (long) positions.applyAsInt(inputs.get(i).intValue())).toList();
        }

        private static BodyTypes branch(Graph body, List<Long> inputs, InferenceContext context) {
            BodyTypes types = new BodyTypes(body, context);
            if (types.inputCount() != inputs.size()) {
                throw context.error("a branch takes " + types.inputCount() + " inputs, given are " + inputs.size());
            }
            for (int i = 0; i < inputs.size(); i++) {
                types.bind(i, context.inputType(inputs.get(i).intValue()));
            }
            return types;
        }
    }

    /**
     * Repeats a body.
     *
     * <p>Node inputs: 0 the largest number of rounds, an int64 of one element, or absent; 1 the condition for the first round,
     * a boolean of one element, or absent for true; then the initial carried values; then the captures. Body inputs: the round's
     * number, the condition, the carried values, the captures. Body outputs: the condition for the next round, the carried
     * values, then values that are stacked along a new first dimension. Outputs: the carried values and the stacks.
     *
     * @param body what is repeated
     * @param carried the number of carried values
     */
    public record Loop(Graph body, long carried) implements WithBody {

        @Override
        public long firstCapture() {
            return carried + 2;
        }

        @Override
        public WithBody withBody(Graph other) {
            return new Loop(other, carried);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            BodyTypes types = new BodyTypes(body, context);
            int count = (int) carried;
            if (types.inputCount() != context.inputCount() || types.outputCount() < count + 1 || count < 0
                    || types.inputCount() < count + 2) {
                throw context.error("its body takes " + types.inputCount() + " inputs and makes " + types.outputCount()
                        + " outputs, which does not fit " + carried + " carried values");
            }
            for (int i = 0; i < count; i++) {
                types.carry(i + 1, i + 2);
            }
            for (int i = 2; i < context.inputCount(); i++) {
                types.bind(i, context.inputType(i));
            }
            List<ValueType> result = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                result.add(types.carried(context.inputType(i + 2), i + 1));
            }
            Dim rounds = rounds(context);
            for (int i = count + 1; i < types.outputCount(); i++) {
                result.add(types.stacked(i, 0, rounds));
            }
            return result;
        }

        private Dim rounds(InferenceContext context) {
            boolean endless = isEndless() && (!context.hasInput(1) || context.constant(1).filter(c -> c.getBoolean(0)).isPresent());
            Optional<Dim> limit = endless && context.hasInput(0) ? context.shapeValue(0).map(v -> v.get(0)) : Optional.empty();
            return limit.map(d -> d.isConstant() ? Dim.of(Math.max(0, d.size())) : d).orElseGet(() -> context.unknownDim("rounds"));
        }

        /** Whether the body never ends the loop itself: its condition stays what it was, or is always true. */
        public boolean isEndless() {
            String condition = body.outputs().get(0).value();
            return condition.equals(body.inputs().get(1)) || body.constant(condition).filter(Loop::isTrue).isPresent();
        }

        private static boolean isTrue(Tensor condition) {
            return condition.elements() == 1 && condition.getBoolean(0);
        }
    }

    /**
     * Runs a body for each element of sequences.
     *
     * <p>Node inputs: the initial states, the scanned tensors, the captures. Body inputs: the states, one slice of each scanned
     * tensor, the captures. Body outputs: the states, then values that are stacked along a new dimension. Outputs: the final
     * states and the stacks.
     *
     * @param body what is run
     * @param states the number of states
     * @param inputAxes for each scanned tensor, the dimension it is cut along
     * @param inputDirections for each scanned tensor, 1 where it is read from the end
     * @param outputAxes for each stack, its new dimension
     * @param outputDirections for each stack, 1 where later slices come first
     */
    public record Scan(Graph body, long states, List<Long> inputAxes, List<Long> inputDirections, List<Long> outputAxes,
            List<Long> outputDirections) implements WithBody {

        public Scan {
            inputAxes = List.copyOf(inputAxes);
            inputDirections = List.copyOf(inputDirections);
            outputAxes = List.copyOf(outputAxes);
            outputDirections = List.copyOf(outputDirections);
        }

        @Override
        public long firstCapture() {
            return states + inputAxes.size();
        }

        @Override
        public WithBody withBody(Graph other) {
            return new Scan(other, states, inputAxes, inputDirections, outputAxes, outputDirections);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            BodyTypes types = new BodyTypes(body, context);
            int count = (int) states;
            if (types.inputCount() != context.inputCount() || types.outputCount() != count + outputAxes.size()
                    || inputAxes.isEmpty() || inputAxes.size() + count > context.inputCount()
                    || inputDirections.size() != inputAxes.size() || outputDirections.size() != outputAxes.size()) {
                throw context.error("its body takes " + types.inputCount() + " inputs and makes " + types.outputCount()
                        + " outputs, which does not fit " + states + " states and " + inputAxes.size() + " scanned inputs");
            }
            for (int i = 0; i < count; i++) {
                types.carry(i, i);
            }
            Dim length = null;
            for (int i = 0; i < context.inputCount(); i++) {
                ValueType type = context.inputType(i);
                boolean scanned = i >= count && i < count + inputAxes.size();
                if (scanned && context.tensor(i).hasRank()) {
                    Shape shape = context.shape(i);
                    int axis = context.axis(inputAxes.get(i - count), shape.rank());
                    length = length == null ? shape.dim(axis)
                            : Dims.agreed(length, shape.dim(axis), "the lengths of the scanned inputs", context);
                    type = slice(context.tensor(i), axis);
                } else if (scanned) {
                    type = TensorType.ofUnknownRank(context.tensor(i).dataType());
                }
                types.bind(i, type);
            }
            return outputs(types, length == null ? context.unknownDim("length") : length, context);
        }

        private List<ValueType> outputs(BodyTypes types, Dim length, InferenceContext context) {
            List<ValueType> result = new ArrayList<>();
            for (int i = 0; i < states; i++) {
                result.add(types.carried(context.inputType(i), i));
            }
            for (int i = 0; i < outputAxes.size(); i++) {
                result.add(types.stacked((int) states + i, outputAxes.get(i).intValue(), length));
            }
            return result;
        }

        /** The type of one slice of a scanned tensor. */
        public static TensorType slice(TensorType tensor, int axis) {
            List<Dim> dims = new ArrayList<>(tensor.shape().dims());
            dims.remove(axis);
            return tensor.withShape(new Shape(dims));
        }
    }

    /**
     * Scan of operator set 8: like {@link Scan}, but every state and scanned tensor has a leading batch dimension, sequences
     * run along dimension 1, and node input 0 gives each batch item's sequence length, an int64 vector, or is absent where all
     * have full length. What lies beyond a sequence is zero in the stacks.
     *
     * @param body what is run for each element of each batch item
     * @param states the number of states
     * @param directions for each scanned tensor, 1 where it is read from the end
     */
    public record BatchedScan(Graph body, long states, List<Long> directions) implements WithBody {

        public BatchedScan {
            directions = List.copyOf(directions);
        }

        @Override
        public long firstCapture() {
            return states + directions.size();
        }

        @Override
        public int shift() {
            return 1;
        }

        @Override
        public WithBody withBody(Graph other) {
            return new BatchedScan(other, states, directions);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            BodyTypes types = new BodyTypes(body, context);
            int count = (int) states;
            if (types.inputCount() != context.inputCount() - 1 || types.outputCount() < count
                    || count + directions.size() > types.inputCount() || directions.isEmpty()) {
                throw context.error("its body takes " + types.inputCount() + " inputs and makes " + types.outputCount()
                        + " outputs, which does not fit " + states + " states and " + directions.size() + " scanned inputs");
            }
            for (int i = 0; i < count; i++) {
                types.carry(i, i);
            }
            for (int i = 0; i < types.inputCount(); i++) {
                ValueType type = context.inputType(i + 1);
                int cut = i < count ? 1 : i < count + directions.size() ? 2 : 0;
                types.bind(i, cut == 0 ? type : item(context.tensor(i + 1), cut));
            }
            TensorType scanned = context.tensor(count + 1);
            Dim batch = scanned.hasRank() ? scanned.shape().dim(0) : context.unknownDim("batch");
            Dim length = scanned.hasRank() ? scanned.shape().dim(1) : context.unknownDim("length");
            List<ValueType> result = new ArrayList<>();
            for (int i = 0; i < types.outputCount(); i++) {
                TensorType element = i < count ? (TensorType) types.carried(item(context.tensor(i + 1), 1), i)
                        : (TensorType) types.stacked(i, 0, length);
                if (element.hasRank()) {
                    List<Dim> dims = new ArrayList<>(element.shape().dims());
                    dims.add(0, batch);
                    element = element.withShape(new Shape(dims));
                }
                result.add(element);
            }
            return result;
        }

        /** The type of what the body gets of a tensor: without its first dimensions. */
        public static TensorType item(TensorType tensor, int dimensions) {
            return tensor.hasRank()
                    ? tensor.withShape(new Shape(tensor.shape().dims().subList(dimensions, tensor.shape().rank()))) : tensor;
        }
    }

    /**
     * Runs a body for each element of a sequence. Node inputs: 0 the sequence; then further inputs, of which sequences are read
     * element by element and tensors given whole; then the captures. Body inputs: the elements, the captures. Outputs: a
     * sequence for each body output.
     *
     * @param body what is run
     * @param further the number of further inputs
     */
    public record SequenceMap(Graph body, long further) implements WithBody {

        @Override
        public long firstCapture() {
            return 1 + further;
        }

        @Override
        public WithBody withBody(Graph other) {
            return new SequenceMap(other, further);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            BodyTypes types = new BodyTypes(body, context);
            if (types.inputCount() != context.inputCount()) {
                throw context.error("its body takes " + types.inputCount() + " inputs, given are " + context.inputCount());
            }
            for (int i = 0; i < context.inputCount(); i++) {
                boolean isSequence = i <= further && context.inputType(i) instanceof ValueType.SequenceType;
                types.bind(i, isSequence ? ((ValueType.SequenceType) context.inputType(i)).element() : context.inputType(i));
            }
            List<ValueType> result = new ArrayList<>();
            for (int i = 0; i < types.outputCount(); i++) {
                result.add(new ValueType.SequenceType(types.output(i)));
            }
            return result;
        }
    }

    /** The type of a round's number and of a condition. */
    public static TensorType scalar(DataType dataType) {
        return new TensorType(dataType, Shape.SCALAR);
    }
}
