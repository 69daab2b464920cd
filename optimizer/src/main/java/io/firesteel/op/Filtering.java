package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** Operators that keep some elements, with their ONNX names. */
public final class Filtering {

    private Filtering() { }

    /** The coordinates of the elements that are not zero, int64 [rank, count], in row-major order. */
    public record NonZero() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            Dim rank = data.hasRank() ? Dim.of(data.shape().rank()) : context.unknownDim("rank");
            return List.of(new TensorType(DataType.INT64, Shape.of(rank, context.unknownDim("count"))));
        }
    }

    /**
     * The slices along an axis where input 1, a vector of bool that may be shorter, is true.
     *
     * @param axis negative counts from the end; empty for the elements of the data (input 0) as a vector
     */
    public record Compress(Optional<Long> axis) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (context.tensor(1).dataType() != DataType.BOOL) {
                throw context.error("the condition must be bool, is " + context.tensor(1));
            }
            Dim count = context.unknownDim("count");
            return List.of(axis.isEmpty() ? data.withShape(Shape.of(count)) : !data.hasRank() ? data
                    : data.withShape(Dims.with(data.shape(), context.axis(axis.get(), data.shape().rank()), count)));
        }
    }

    /**
     * Matrices of which one triangle is kept and the other zero. Inputs: 0 data [..., rows, columns]; 1 the diagonal that is
     * kept with the triangle, one int64, above the main one positive, or absent for the main one.
     *
     * @param upper which triangle is kept
     */
    public record Trilu(boolean upper) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (data.hasRank() && data.shape().rank() < 2) {
                throw context.error("needs matrices, has " + data);
            }
            return List.of(data);
        }
    }
}
