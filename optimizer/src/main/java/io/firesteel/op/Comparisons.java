package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import java.util.List;
import java.util.Optional;

/** Comparisons of two broadcast operands of one element type, with their ONNX names; the result is bool. */
public final class Comparisons {

    private Comparisons() { }

    private interface Comparison extends BinaryOperator {
        @Override
        default DataType resultType(DataType operands) {
            return DataType.BOOL;
        }
    }

    /** {@code a == b}. */
    public record Equal() implements Comparison {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> ShapeArithmetic.equal(a, b).flatMap(ShapeArithmetic::truth));
        }
    }

    /** {@code a < b}. */
    public record Less() implements Comparison {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> ShapeArithmetic.less(a, b).flatMap(ShapeArithmetic::truth));
        }
    }

    /** {@code a <= b}. */
    public record LessOrEqual() implements Comparison {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context,
                    (a, b) -> ShapeArithmetic.less(b, a).flatMap(less -> ShapeArithmetic.truth(!less)));
        }
    }

    /** {@code a > b}. */
    public record Greater() implements Comparison {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context, (a, b) -> ShapeArithmetic.less(b, a).flatMap(ShapeArithmetic::truth));
        }
    }

    /** {@code a >= b}. */
    public record GreaterOrEqual() implements Comparison {
        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return ShapeArithmetic.binary(context,
                    (a, b) -> ShapeArithmetic.less(a, b).flatMap(less -> ShapeArithmetic.truth(!less)));
        }
    }
}
