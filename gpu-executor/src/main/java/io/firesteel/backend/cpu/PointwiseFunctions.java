package io.firesteel.backend.cpu;

import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.op.Activations;
import io.firesteel.op.PointwiseOperator;
import java.util.List;
import java.util.Optional;

/** Which pointwise operators oneDNN has, under which names. */
final class PointwiseFunctions {

    private PointwiseFunctions() {}

    /** The functions that applied in order are the unary operator, or empty where oneDNN has none. */
    static Optional<List<Activation>> unary(PointwiseOperator operator) {
        if (operator instanceof Activations.LeakyRelu leaky) {
            return one(Activation.Kind.RELU, leaky.alpha(), 0);
        }
        if (operator instanceof Activations.Swish swish) {
            return one(Activation.Kind.SWISH, swish.alpha(), 0);
        }
        if (operator instanceof Activations.HardSigmoid hard) {
            return one(Activation.Kind.HARD_SIGMOID, hard.alpha(), hard.beta());
        }
        if (operator instanceof Activations.Gelu gelu) {
            return one(gelu.tanh() ? Activation.Kind.GELU_TANH : Activation.Kind.GELU_ERF, 0, 0);
        }
        if (operator instanceof Activations.ClipTo clip) {
            return one(Activation.Kind.CLIP, (float) clip.lower(), (float) clip.upper());
        }
        // oneDNN's softplus, and Mish built on it, are off by 1% below -10: they are left to the reference backend.
        return switch (operator.name()) {
            case "Relu" -> one(Activation.Kind.RELU, 0, 0);
            case "Sigmoid" -> one(Activation.Kind.SIGMOID, 0, 0);
            case "Tanh" -> one(Activation.Kind.TANH, 0, 0);
            case "HardSwish" -> one(Activation.Kind.HARD_SWISH, 1f / 6, 0.5f);
            case "Exp" -> one(Activation.Kind.EXP, 0, 0);
            case "Log" -> one(Activation.Kind.LOG, 0, 0);
            case "Sqrt" -> one(Activation.Kind.SQRT, 0, 0);
            case "Abs" -> one(Activation.Kind.ABS, 0, 0);
            case "Neg" -> one(Activation.Kind.LINEAR, -1, 0);
            case "Round" -> one(Activation.Kind.ROUND, 0, 0);
            case "Reciprocal" -> one(Activation.Kind.POW, 1, -1);
            default -> Optional.empty();
        };
    }

    /** A binary operator, or empty where oneDNN has none. */
    static Optional<BinaryFunction> binary(PointwiseOperator operator) {
        return Optional.ofNullable(switch (operator.name()) {
            case "Add" -> BinaryFunction.ADD;
            case "Sub" -> BinaryFunction.SUB;
            case "Mul" -> BinaryFunction.MUL;
            case "Div" -> BinaryFunction.DIV;
            case "Min" -> BinaryFunction.MIN;
            case "Max" -> BinaryFunction.MAX;
            default -> null;
        });
    }

    /**
     * A binary operator with one constant scalar as a unary function.
     *
     * @param scalarFirst whether the scalar is the first operand
     */
    static Optional<List<Activation>> withScalar(PointwiseOperator operator, float scalar, boolean scalarFirst) {
        float infinity = Float.POSITIVE_INFINITY;
        return switch (operator.name()) {
            case "Add" -> one(Activation.Kind.LINEAR, 1, scalar);
            case "Sub" -> scalarFirst ? one(Activation.Kind.LINEAR, -1, scalar) : one(Activation.Kind.LINEAR, 1, -scalar);
            case "Mul" -> one(Activation.Kind.LINEAR, scalar, 0);
            case "Div" -> scalarFirst ? one(Activation.Kind.POW, scalar, -1) : one(Activation.Kind.LINEAR, 1 / scalar, 0);
            case "Min" -> one(Activation.Kind.CLIP, -infinity, scalar);
            case "Max" -> one(Activation.Kind.CLIP, scalar, infinity);
            case "Pow" -> scalarFirst ? Optional.empty() : power(scalar);
            default -> Optional.empty();
        };
    }

    private static Optional<List<Activation>> power(float exponent) {
        if (exponent == 2) {
            return one(Activation.Kind.SQUARE, 0, 0);
        }
        return exponent == 0.5f ? one(Activation.Kind.SQRT, 0, 0) : one(Activation.Kind.POW, 1, exponent);
    }

    private static Optional<List<Activation>> one(Activation.Kind kind, float alpha, float beta) {
        return Optional.of(List.of(new Activation(kind, alpha, beta)));
    }
}
