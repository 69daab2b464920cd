package io.firesteel.backend.cuda.dnn;

import io.firesteel.op.Activations;
import io.firesteel.op.PointwiseOperator;
import java.util.List;
import java.util.Map;

/** Writes pointwise operators as cuDNN's functions on virtual tensors of one shape. */
final class PointwiseEmitter {

    private final DnnGraph.Builder graph;
    private final GraphTensor like;

    /** @param like a tensor with the shape of all results */
    PointwiseEmitter(DnnGraph.Builder graph, GraphTensor like) {
        this.graph = graph;
        this.like = like;
    }

    GraphTensor emit(PointwiseMode mode, GraphTensor... operands) {
        return emit(mode, Map.of(), operands);
    }

    private GraphTensor emit(PointwiseMode mode, Map<Attribute, Double> parameters, GraphTensor... operands) {
        GraphTensor result = graph.virtual(ElementType.FLOAT, like.sizes(), like.strides());
        graph.add(new GraphOperation.Pointwise(mode, parameters, List.of(operands), result));
        return result;
    }

    GraphTensor scalar(float value) {
        return graph.scalar(value, like.sizes().size());
    }

    private GraphTensor clip(GraphTensor x, double lower, double upper) {
        return emit(PointwiseMode.RELU, Map.of(Attribute.POINTWISE_RELU_LOWER_CLIP, Math.max(lower, -Float.MAX_VALUE),
                Attribute.POINTWISE_RELU_UPPER_CLIP, Math.min(upper, Float.MAX_VALUE)), x);
    }

    GraphTensor unary(PointwiseOperator operator, GraphTensor x) {
        if (operator instanceof Activations.ClipTo clip) {
            return clip.lower() == 0 ? clip(x, 0, clip.upper()) : between(x, clip.lower(), clip.upper());
        }
        if (operator instanceof Activations.LeakyRelu leaky) {
            return emit(PointwiseMode.RELU, Map.of(Attribute.POINTWISE_RELU_LOWER_SLOPE, (double) leaky.alpha()), x);
        }
        if (operator instanceof Activations.Swish swish) {
            return emit(PointwiseMode.SWISH, Map.of(Attribute.POINTWISE_SWISH_BETA, (double) swish.alpha()), x);
        }
        if (operator instanceof Activations.Gelu gelu) {
            return emit(gelu.tanh() ? PointwiseMode.GELU_TANH : PointwiseMode.GELU_ERF, x);
        }
        if (operator instanceof Activations.Elu elu) {
            return emit(PointwiseMode.ELU, Map.of(Attribute.POINTWISE_ELU_ALPHA, (double) elu.alpha()), x);
        }
        if (operator instanceof Activations.HardSigmoid hard) {
            GraphTensor scaled = emit(PointwiseMode.MUL, x, scalar(hard.alpha()));
            return clip(emit(PointwiseMode.ADD, scaled, scalar(hard.beta())), 0, 1);
        }
        return switch (operator.name()) {
            case "Relu" -> emit(PointwiseMode.RELU, x);
            case "Sigmoid" -> emit(PointwiseMode.SIGMOID, x);
            case "Tanh" -> emit(PointwiseMode.TANH, x);
            case "HardSwish" -> emit(PointwiseMode.MUL,
                    emit(PointwiseMode.MUL, clip(emit(PointwiseMode.ADD, x, scalar(3)), 0, 6), scalar(1f / 6)), x);
            case "Softplus" -> emit(PointwiseMode.SOFTPLUS, Map.of(Attribute.POINTWISE_SOFTPLUS_BETA, 1.0), x);
            case "Exp" -> emit(PointwiseMode.EXP, x);
            case "Log" -> emit(PointwiseMode.LOG, x);
            case "Sqrt" -> emit(PointwiseMode.SQRT, x);
            case "Abs" -> emit(PointwiseMode.ABS, x);
            case "Neg" -> emit(PointwiseMode.NEG, x);
            case "Ceil" -> emit(PointwiseMode.CEIL, x);
            case "Floor" -> emit(PointwiseMode.FLOOR, x);
            case "Erf" -> emit(PointwiseMode.ERF, x);
            case "Reciprocal" -> emit(PointwiseMode.RECIPROCAL, x);
            default -> throw new IllegalArgumentException(operator.name());
        };
    }

    private GraphTensor between(GraphTensor x, double lower, double upper) {
        GraphTensor result = x;
        if (lower > Double.NEGATIVE_INFINITY) {
            result = emit(PointwiseMode.MAX, result, scalar((float) lower));
        }
        return upper < Double.POSITIVE_INFINITY ? emit(PointwiseMode.MIN, result, scalar((float) upper)) : result;
    }

    /** A function of two operands, each a tensor or a Float; not both are Floats or smaller than the result. */
    GraphTensor binary(String name, Object first, Object second) {
        boolean exchange = !isFull(first);
        GraphTensor x = (GraphTensor) (exchange ? second : first);
        GraphTensor other = tensor(exchange ? first : second);
        return switch (name) {
            case "Add" -> emit(PointwiseMode.ADD, x, other);
            case "Mul" -> emit(PointwiseMode.MUL, x, other);
            case "Min" -> emit(PointwiseMode.MIN, x, other);
            case "Max" -> emit(PointwiseMode.MAX, x, other);
            case "Sub" -> exchange ? emit(PointwiseMode.ADD, emit(PointwiseMode.NEG, x), other) : emit(PointwiseMode.SUB, x, other);
            case "Div" -> exchange ? emit(PointwiseMode.MUL, emit(PointwiseMode.RECIPROCAL, x), other)
                    : emit(PointwiseMode.DIV, x, other);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private boolean isFull(Object operand) {
        return operand instanceof GraphTensor tensor && tensor.sizes().equals(like.sizes());
    }

    private GraphTensor tensor(Object operand) {
        return operand instanceof Float value ? scalar(value) : (GraphTensor) operand;
    }
}
