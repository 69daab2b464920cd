package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Activations;
import io.firesteel.op.DataMovement;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Fused;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.op.Resampling;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which values of a graph have no element under 0, as far as the operators that make them tell: results of Relu, of bounds from 0 up
 * or of a sigmoid, what pooling, interpolation and movement make of such, their sums and products, before and after quantization.
 *
 * <p>Signed bytes of which this is known are the same bytes as unsigned ones from 0 to 127.
 */
public final class NonNegativeValues {

    private final Graph graph;
    private final Map<String, Boolean> known = new HashMap<>();

    private NonNegativeValues(Graph graph) {
        this.graph = graph;
    }

    /** Whether no element of a value can be under 0; false where that is not known. */
    public static boolean includes(Graph graph, String value) {
        return new NonNegativeValues(graph).isNonNegative(value);
    }

    private boolean isNonNegative(String value) {
        Boolean answer = known.get(value);
        if (answer == null) {
            answer = find(value);
            known.put(value, answer);
        }
        return answer;
    }

    private boolean find(String value) {
        if (value.isEmpty() || !(graph.type(value) instanceof TensorType type)) {
            return false;
        }
        if (type.dataType().isUnsigned() && !type.dataType().isFloatingPoint()) {
            return true;
        }
        Optional<Tensor> constant = graph.constant(value);
        if (constant.isPresent()) {
            return atLeastZero(constant.get(), 1);
        }
        return graph.producer(value).map(this::makesNonNegative).orElse(false);
    }

    private static boolean atLeastZero(Tensor tensor, int sign) {
        for (long i = 0; i < tensor.elements(); i++) {
            if (!(sign * tensor.getDouble(i) >= 0)) {
                return false;
            }
        }
        return true;
    }

    private boolean makesNonNegative(Node node) {
        if (node.operator() instanceof Quantization.QuantizeLinear) {
            return isNonNegative(node.input(0)) && isSigned(node.input(1), 1) && (node.input(2).isEmpty() || isSigned(node.input(2), 1));
        }
        if (node.operator() instanceof Quantization.DequantizeLinear) {
            return isNonNegative(node.input(0)) && isSigned(node.input(1), 1) && (node.input(2).isEmpty() || isSigned(node.input(2), -1));
        }
        if (node.operator() instanceof Quantized quantized) {
            return quantized.output().map(o -> hasZeroPoints(o, 1)).orElse(true)
                    && makesNonNegative(node, quantized.layer(), quantized.inputs());
        }
        return makesNonNegative(node, node.operator(), List.of());
    }

    private boolean isSigned(String constant, int sign) {
        return graph.constant(constant).map(tensor -> atLeastZero(tensor, sign)).orElse(false);
    }

    private static boolean hasZeroPoints(QuantizationParameters parameters, int sign) {
        return parameters.scales().stream().allMatch(scale -> scale > 0)
                && parameters.zeroPoints().stream().allMatch(zero -> sign * zero >= 0);
    }

    /** Whether the real numbers that an input stands for are not under 0. */
    private boolean isNonNegative(Node node, int input, List<Optional<QuantizationParameters>> quantized) {
        return isNonNegative(node.input(input))
                && (input >= quantized.size() || quantized.get(input).map(p -> hasZeroPoints(p, -1)).orElse(true));
    }

    private boolean makesNonNegative(Node node, Operator operator, List<Optional<QuantizationParameters>> quantized) {
        if (operator instanceof EpilogueOperator product) {
            PointwiseProgram program = product.epilogue();
            return result(program, k -> k > 0 && isNonNegative(node, EpilogueOperator.EPILOGUE_INPUT + k - 1, quantized));
        }
        if (operator instanceof Fused.PointwiseChain chain) {
            return result(chain.program(), k -> isNonNegative(node, k, quantized));
        }
        if (operator instanceof PointwiseOperator pointwise) {
            return result(pointwise, IntStream.range(0, node.inputs().size()).mapToObj(k -> isNonNegative(node, k, quantized)).toList());
        }
        if (operator instanceof Movement.Concat) {
            return IntStream.range(0, node.inputs().size()).allMatch(k -> isNonNegative(node, k, quantized));
        }
        return keepsSign(operator) && isNonNegative(node, 0, quantized);
    }

    /** Operators whose elements lie between the least and the largest of input 0, or are 0. */
    private static boolean keepsSign(Operator operator) {
        if (operator instanceof Resampling.Resize resize) {
            Resampling.Interpolation how = resize.interpolation();
            return how.mode() != Resampling.Mode.CUBIC && how.extrapolation() >= 0;
        }
        return operator instanceof DataMovement || operator instanceof Pooling.MaxPool || operator instanceof Pooling.AveragePool
                || operator instanceof Pooling.GlobalAveragePool || operator instanceof Pooling.GlobalMaxPool;
    }

    private interface Inputs {
        boolean isNonNegative(int index);
    }

    private static boolean result(PointwiseProgram program, Inputs inputs) {
        List<Boolean> signs = new ArrayList<>();
        for (int i = 0; i < program.inputs(); i++) {
            signs.add(inputs.isNonNegative(i));
        }
        program.instructions().forEach(instruction ->
                signs.add(result(instruction.operator(), instruction.operands().stream().map(signs::get).toList())));
        return signs.get(signs.size() - 1) && (!program.isIdentity() || program.inputs() == 1);
    }

    private static boolean result(PointwiseOperator operator, List<Boolean> operands) {
        boolean all = operands.stream().allMatch(o -> o);
        if (operator instanceof Activations.ClipTo clip) {
            return clip.upper() >= 0 && (clip.lower() >= 0 || all);
        }
        if (operator instanceof Activations.LeakyRelu leaky) {
            return all && leaky.alpha() >= 0;
        }
        return switch (operator.name()) {
            case "Relu", "Sigmoid", "HardSigmoid", "Softplus", "Abs", "Exp" -> true;
            case "Max" -> operands.stream().anyMatch(o -> o);
            case "Add", "Mul", "Min", "Div", "Tanh", "Swish", "HardSwish", "Gelu", "Elu", "Round", "Sqrt", "PRelu", "Mish" -> all;
            default -> false;
        };
    }
}
