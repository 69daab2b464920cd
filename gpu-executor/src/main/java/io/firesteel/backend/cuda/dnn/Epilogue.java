package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Layer;
import io.firesteel.op.Activations;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Bias and epilogue of a layer as pointwise operations of a cuDNN graph. */
final class Epilogue {

    private static final Set<String> BINARY = Set.of("Add", "Sub", "Mul", "Div", "Min", "Max");
    private static final Set<String> UNARY = Set.of("Relu", "Sigmoid", "Tanh", "HardSwish", "Exp", "Log", "Sqrt", "Abs", "Neg",
            "Ceil", "Floor", "Erf", "Reciprocal", "Softplus");
    private static final int BIAS = 2;

    private final Layer layer;
    private final PointwiseProgram program;
    private final int firstInput;
    private final int channelAxis;
    private final QuantizedNumbers numbers;

    /** What follows a product of bytes. */
    Epilogue(QuantizedNumbers numbers, int channelAxis) {
        this.layer = numbers.layer();
        this.program = numbers.program();
        this.firstInput = EpilogueOperator.EPILOGUE_INPUT;
        this.channelAxis = channelAxis;
        this.numbers = numbers;
    }

    /**
     * @param program the epilogue
     * @param firstInput node input that is the program's input 1
     * @param channelAxis axis of the result along which the bias runs
     */
    Epilogue(Layer layer, PointwiseProgram program, int firstInput, int channelAxis) {
        this.layer = layer;
        this.program = program;
        this.firstInput = firstInput;
        this.channelAxis = channelAxis;
        this.numbers = null;
    }

    /** Why cuDNN cannot fuse it, or empty where it can. */
    Optional<String> refusal() {
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            PointwiseOperator operator = instruction.operator();
            boolean known = BINARY.contains(operator.name()) || UNARY.contains(operator.name())
                    || operator instanceof Activations.ClipTo || operator instanceof Activations.LeakyRelu
                    || operator instanceof Activations.Swish || operator instanceof Activations.Gelu
                    || operator instanceof Activations.HardSigmoid || operator instanceof Activations.Elu;
            if (!known) {
                return Optional.of("cuDNN does not fuse " + operator.name());
            }
            if (instruction.operands().stream().allMatch(o -> o > 0 && o < program.inputs())) {
                return Optional.of("cuDNN fuses only what continues the result");
            }
        }
        for (int i = 1; i < program.inputs(); i++) {
            int input = firstInput + i - 1;
            boolean bytes = numbers != null && numbers.isQuantized(input) && layer.input(input).dataType() == DataType.INT8;
            if (!bytes && (!layer.input(input).dataType().isFloatingPoint() || layer.input(input).dataType() == DataType.FLOAT64)) {
                return Optional.of("cuDNN does not fuse an operand of type " + layer.input(input).dataType());
            }
            if (!isScalar(input) && !isVector(input) && !isWhole(input)) {
                return Optional.of("cuDNN does not fuse an operand of shape " + layer.input(input).shape());
            }
        }
        return Optional.empty();
    }

    /** Whether nothing is computed after the layer's own operation. */
    boolean isEmpty() {
        return numbers == null && program.isIdentity() && !layer.hasInput(BIAS);
    }

    /** Whether the only further operands are those given. */
    boolean hasOperands() {
        return program.inputs() > 1;
    }

    /** The node inputs of the result's shape. */
    Set<Integer> wholeInputs() {
        Set<Integer> result = new TreeSet<>();
        for (int i = 1; i < program.inputs(); i++) {
            int input = firstInput + i - 1;
            if (isWhole(input)) {
                result.add(input);
            }
        }
        return result;
    }

    /** The node inputs, bias included, that are one constant value for each channel. */
    Set<Integer> vectorInputs() {
        Set<Integer> result = new TreeSet<>();
        if (layer.hasInput(BIAS) || numbers != null) {
            result.add(BIAS);
        }
        if (numbers != null) {
            result.add(QuantizedNumbers.SCALES);
        }
        for (int i = 1; i < program.inputs(); i++) {
            int input = firstInput + i - 1;
            if (!isScalar(input) && isVector(input)) {
                result.add(input);
            }
        }
        return result;
    }

    /** Where the scales and bias of a product of bytes lie; empty for other operands. */
    Optional<Long> prepared(int input, int channels, Constants constants) {
        return numbers != null && (input == BIAS || input == QuantizedNumbers.SCALES)
                ? Optional.of(numbers.address(input, channels, constants)) : Optional.empty();
    }

    private boolean isScalar(int input) {
        return layer.constant(input).filter(c -> c.elements() == 1).isPresent();
    }

    private boolean isVector(int input) {
        Optional<Tensor> constant = layer.constant(input);
        if (constant.isEmpty()) {
            return false;
        }
        long[] sizes = layer.inputSizes(input);
        int rank = layer.output(0).shape().rank();
        int axis = channelAxis - (rank - sizes.length);
        return axis >= 0 && sizes[axis] == constant.get().elements() && sizes[axis] == layer.outputSizes(0)[channelAxis];
    }

    private boolean isWhole(int input) {
        return layer.isVariable(input) && layer.input(input).shape().equals(layer.output(0).shape());
    }

    /**
     * Adds the operations to a graph.
     *
     * @param start what the layer's own operation made, virtual
     * @param output where the result goes
     * @param operands the graph's tensors of {@link #wholeInputs()} and {@link #vectorInputs()}
     */
    void append(DnnGraph.Builder graph, GraphTensor start, GraphTensor output, Map<Integer, GraphTensor> operands) {
        PointwiseEmitter emitter = new PointwiseEmitter(graph, start);
        GraphTensor value = numbers == null ? start : emitter.emit(PointwiseMode.MUL, start, operands.get(QuantizedNumbers.SCALES));
        if (operands.containsKey(BIAS)) {
            value = emitter.emit(PointwiseMode.ADD, value, operands.get(BIAS));
        }
        List<Object> values = new ArrayList<>();
        values.add(value);
        for (int i = 1; i < program.inputs(); i++) {
            int input = firstInput + i - 1;
            values.add(isScalar(input) ? (Object) (float) layer.constant(input).orElseThrow().getDouble(0)
                    : numbers == null ? operands.get(input)
                    : emitter.emit(PointwiseMode.MUL, operands.get(input), emitter.scalar(numbers.factor(input))));
        }
        for (PointwiseProgram.Instruction instruction : program.instructions()) {
            List<Object> arguments = instruction.operands().stream().map(values::get).toList();
            values.add(instruction.operands().size() == 1
                    ? emitter.unary(instruction.operator(), (GraphTensor) arguments.get(0))
                    : emitter.binary(instruction.operator().name(), arguments.get(0), arguments.get(1)));
        }
        if (numbers != null && numbers.resultFactor() != 1) {
            emitter.emit(PointwiseMode.MUL, graph.last(), emitter.scalar(numbers.resultFactor()));
        }
        graph.finishInto(output);
    }
}
