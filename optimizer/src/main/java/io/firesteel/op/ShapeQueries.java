package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** Operators that make numbers of their operand's shape, with their ONNX names. */
public final class ShapeQueries {

    private ShapeQueries() { }

    /**
     * The sizes of the dimensions from {@code start} to before {@code end}, an int64 vector.
     *
     * @param start first dimension; negative counts from the end; clamped to the rank
     * @param end end of the range, or empty for the rank; negative counts from the end; clamped to the rank
     */
    public record Shape(long start, Optional<Long> end) implements Operator {

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            io.firesteel.tensor.Shape shape = context.shape(0);
            return List.of(new TensorType(DataType.INT64, io.firesteel.tensor.Shape.of(
                    shape == null ? context.unknownDim("rank") : Dim.of(to(shape.rank()) - from(shape.rank())))));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return Optional.ofNullable(context.shape(0)).map(s -> s.dims().subList(from(s.rank()), to(s.rank())));
        }

        /** The first dimension shown of a tensor of some rank. */
        public int from(int rank) {
            return clamp(start, rank);
        }

        /** The end of the dimensions shown of a tensor of some rank. */
        public int to(int rank) {
            return Math.max(from(rank), end.map(e -> clamp(e, rank)).orElse(rank));
        }

        private static int clamp(long axis, int rank) {
            return (int) Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
        }
    }

    /** The number of elements, an int64 scalar. */
    public record Size() implements Operator {

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            context.tensor(0);
            return List.of(TensorType.of(DataType.INT64));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return Optional.ofNullable(context.shape(0)).flatMap(s -> s.product(0, s.rank())).map(List::of);
        }
    }
}
