package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/**
 * Arithmetic of two broadcast operands of one element type, with their ONNX names. Integers wrap around; integer division
 * truncates toward zero and fails on a zero divisor.
 */
public final class Arithmetic {

    private Arithmetic() { }

    /** {@code a + b}. */
    public record Add() implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, Dim::plus);
        }
    }

    /** {@code a - b}. */
    public record Sub() implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, Dim::minus);
        }
    }

    /** {@code a * b}. */
    public record Mul() implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, Dim::times);
        }
    }

    /** {@code a / b}. */
    public record Div() implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            int[] element = {0};
            return ShapeArithmetic.binary(context, (a, b) -> ShapeArithmetic.quotient(a, b, context, element[0]++));
        }
    }

    /**
     * The remainder of {@code a / b}.
     *
     * @param fmod true for the sign of {@code a} (C's fmod), false for the sign of {@code b} (Python's modulo)
     */
    public record Mod(boolean fmod) implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> a.isConstant() && b.isConstant() && !b.is(0)
                    ? Optional.of(Dim.of(fmod ? a.size() % b.size() : Math.floorMod(a.size(), b.size()))) : Optional.empty());
        }
    }

    /** {@code a} to the power {@code b}; the exponent may be of another element type, the result has the base's. */
    public record Pow() implements BinaryOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(Broadcasting.type(context, context.tensor(0).dataType()));
        }
    }

    /** The smaller of two values; not a number where either is not. */
    public record Min() implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> ShapeArithmetic.less(a, b).map(less -> less ? a : b));
        }
    }

    /** The larger of two values; not a number where either is not. */
    public record Max() implements BinaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> ShapeArithmetic.less(a, b).map(less -> less ? b : a));
        }
    }
}
