package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators that order elements, with their ONNX names. */
public final class Ordering {

    private Ordering() { }

    /**
     * The k largest or smallest elements along an axis and their places; of equal elements the one of lower place comes
     * first. Inputs: 0 data; 1 k, one int64. Results: 0 values, 1 places (int64).
     *
     * @param axis negative counts from the end
     * @param largest whether the largest are wanted
     * @param sorted whether they must come in order; they always do
     */
    public record TopK(long axis, boolean largest, boolean sorted) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data, data.withDataType(DataType.INT64));
            }
            int at = context.axis(axis, data.shape().rank());
            Dim k = context.shapeValue(1).filter(d -> d.size() == 1).map(d -> d.get(0)).orElseGet(() -> context.unknownDim("k"));
            Dim size = data.shape().dim(at);
            if (k.isConstant() && (k.size() < 0 || size.isConstant() && k.size() > size.size())) {
                throw context.error("k is " + k + ", axis " + axis + " of " + data + " has not as many elements");
            }
            TensorType result = data.withShape(Dims.with(data.shape(), at, k));
            return List.of(result, result.withDataType(DataType.INT64));
        }
    }

    /** The place along an axis of the extreme element, int64. */
    private interface ArgumentOperator extends AxisOperator {

        boolean keepDims();

        @Override
        default List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0).withDataType(DataType.INT64);
            if (!data.hasRank()) {
                return List.of(keepDims() ? data : TensorType.ofUnknownRank(DataType.INT64));
            }
            int at = context.axis(axis(), data.shape().rank());
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            if (keepDims()) {
                dims.set(at, Dim.of(1));
            } else {
                dims.remove(at);
            }
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /**
     * The place of the largest element along an axis.
     *
     * @param axis negative counts from the end
     * @param keepDims whether the axis stays with size 1
     * @param selectLastIndex whether the last of equal elements counts, not the first
     */
    public record ArgMax(long axis, boolean keepDims, boolean selectLastIndex) implements ArgumentOperator { }

    /**
     * The place of the smallest element along an axis.
     *
     * @param axis negative counts from the end
     * @param keepDims whether the axis stays with size 1
     * @param selectLastIndex whether the last of equal elements counts, not the first
     */
    public record ArgMin(long axis, boolean keepDims, boolean selectLastIndex) implements ArgumentOperator { }

    /**
     * The distinct elements, or the distinct slices along an axis. Results: 0 these; 1 the place of the first occurrence of
     * each; 2 for each element or slice its place among them; 3 how often each occurs; the last three int64 vectors.
     *
     * @param axis negative counts from the end; empty for the distinct elements as a vector
     * @param sorted whether they come in ascending order, else in the order of first occurrence
     */
    public record Unique(Optional<Long> axis, boolean sorted) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            Dim distinct = context.unknownDim("distinct");
            TensorType places = new TensorType(DataType.INT64, Shape.of(distinct));
            if (!data.hasRank()) {
                TensorType inverse = new TensorType(DataType.INT64, Shape.of(context.unknownDim("inverse")));
                return List.of(axis.isPresent() ? data : data.withShape(Shape.of(distinct)), places, inverse, places);
            }
            Shape shape = data.shape();
            int at = axis.map(a -> context.axis(a, shape.rank())).orElse(0);
            Dim all = axis.isPresent() ? shape.dim(at)
                    : shape.product(0, shape.rank()).orElseGet(() -> context.unknownDim("inverse"));
            Shape result = axis.isPresent() ? Dims.with(shape, at, distinct) : Shape.of(distinct);
            return List.of(data.withShape(result), places, new TensorType(DataType.INT64, Shape.of(all)), places);
        }
    }
}
