package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** Functions of one operand with their ONNX names; the result has the operand's type unless said otherwise. */
public final class Mathematics {

    private Mathematics() { }

    /** {@code -x}. */
    public record Neg() implements UnaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.unary(context, d -> d.times(Dim.of(-1)));
        }
    }

    /** The absolute value. */
    public record Abs() implements UnaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.unary(context, d -> ShapeArithmetic.isAtLeast(d, 0) ? Optional.of(d)
                    : d.isConstant() ? d.times(Dim.of(-1)) : Optional.empty());
        }
    }

    /** -1, 0 or 1. */
    public record Sign() implements UnaryOperator { }

    /** The largest whole number not above x. */
    public record Floor() implements UnaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.elements(context, 0);
        }
    }

    /** The smallest whole number not below x. */
    public record Ceil() implements UnaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.elements(context, 0);
        }
    }

    /** The nearest whole number, halves to even. */
    public record Round() implements UnaryOperator {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.elements(context, 0);
        }
    }

    /** {@code e^x}. */
    public record Exp() implements UnaryOperator { }

    /** The natural logarithm. */
    public record Log() implements UnaryOperator { }

    /** The square root. */
    public record Sqrt() implements UnaryOperator { }

    /** {@code 1 / x}. */
    public record Reciprocal() implements UnaryOperator { }

    /** The Gauss error function. */
    public record Erf() implements UnaryOperator { }

    /** Whether x is not a number; the result is bool. */
    public record IsNaN() implements UnaryOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(DataType.BOOL));
        }
    }

    /**
     * Whether x is infinite; the result is bool.
     *
     * @param negative whether negative infinity counts
     * @param positive whether positive infinity counts
     */
    public record IsInf(boolean negative, boolean positive) implements UnaryOperator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withDataType(DataType.BOOL));
        }
    }
}
