package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators that read or write elements at positions given by an integer tensor; negative positions count from the end. */
public final class Indexing {

    private Indexing() { }

    /**
     * Reads whole slices: result dimension {@code axis} of the data (input 0) is replaced by those of the indices (input 1).
     *
     * @param axis the dimension indexed; may count from the end
     */
    public record Gather(long axis) implements Operator {

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            requireIntegers(1, context);
            Shape indices = context.shape(1);
            if (!data.hasRank() || indices == null) {
                return List.of(TensorType.ofUnknownRank(data.dataType()));
            }
            int along = context.axis(axis, data.shape().rank());
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            dims.remove(along);
            dims.addAll(along, indices.dims());
            return List.of(data.withShape(new Shape(dims)));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            Shape data = context.shape(0);
            if (data == null || data.rank() != 1) {
                return Optional.empty();
            }
            return context.shapeValue(0).flatMap(value -> Dims.constants(context, 1).map(indices -> indices.stream()
                    .map(i -> value.get(Math.toIntExact(i < 0 ? i + value.size() : i))).toList()));
        }
    }

    /**
     * Reads single elements: the result has the shape of the indices (input 1), and each of its elements is the data's
     * (input 0) at the same place but for the position along {@code axis}, which the index gives.
     *
     * @param axis the dimension indexed; may count from the end
     */
    public record GatherElements(long axis) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireIntegers(1, context);
            TensorType data = context.tensor(0);
            if (data.hasRank()) {
                context.axis(axis, data.shape().rank());
                requireRank(1, data.shape().rank(), context);
            }
            return List.of(new TensorType(data.dataType(), context.shape(1)));
        }
    }

    /**
     * Reads slices at coordinates: the last dimension of the indices (input 1) holds coordinates into the leading dimensions of
     * the data (input 0), after {@code batchDims} dimensions that both have in common.
     *
     * @param batchDims the number of leading dimensions in common
     */
    public record GatherND(long batchDims) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            requireIntegers(1, context);
            TensorType data = context.tensor(0);
            Shape indices = context.shape(1);
            if (!data.hasRank() || indices == null || indices.rank() > 0 && !indices.dim(-1).isConstant()) {
                return List.of(TensorType.ofUnknownRank(data.dataType()));
            }
            int rank = data.shape().rank();
            long taken = indices.rank() == 0 ? -1 : batchDims + indices.dim(-1).size();
            if (taken < 0 || taken > rank || batchDims < 0 || batchDims >= Math.min(rank, indices.rank())) {
                throw context.error("indices of shape " + indices + " with " + batchDims + " batch dimensions do not fit " + data);
            }
            List<Dim> dims = new ArrayList<>(indices.dims().subList(0, indices.rank() - 1));
            dims.addAll(data.shape().dims().subList((int) taken, rank));
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /** How a written element combines with what is there. */
    public enum ScatterReduction { NONE, ADD, MUL, MAX, MIN }

    /**
     * The data (input 0) with the elements of the updates (input 2) written where the indices (input 1, of their shape) say
     * along {@code axis}.
     *
     * @param axis the dimension indexed; may count from the end
     * @param reduction how elements combine; updates of one element combine in row-major order
     */
    public record ScatterElements(long axis, ScatterReduction reduction) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = scattered(context);
            if (data.hasRank()) {
                context.axis(axis, data.shape().rank());
                requireRank(1, data.shape().rank(), context);
                requireRank(2, data.shape().rank(), context);
            }
            return List.of(data);
        }
    }

    /**
     * The data (input 0) with slices of the updates (input 2) written at the coordinates in the last dimension of the indices
     * (input 1).
     *
     * @param reduction how elements combine; updates of one element combine in row-major order
     */
    public record ScatterND(ScatterReduction reduction) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = scattered(context);
            Shape indices = context.shape(1);
            if (data.hasRank() && indices != null && (indices.rank() == 0
                    || indices.dim(-1).isConstant() && indices.dim(-1).size() > data.shape().rank())) {
                throw context.error("indices of shape " + indices + " do not fit " + data);
            }
            return List.of(data);
        }
    }

    private static TensorType scattered(InferenceContext context) {
        requireIntegers(1, context);
        TensorType data = context.tensor(0);
        if (context.tensor(2).dataType() != data.dataType()) {
            throw context.error("updates must have the data's element type, are " + context.tensor(2) + ", data is " + data);
        }
        return data;
    }

    /**
     * Writes new entries into a key or value cache: the cache (input 0) [B, ..., S, ...] with the update (input 1)
     * [B, ..., T, ...] written along {@code axis} from the position that input 2, an int64 vector [B], gives for each batch
     * item; without it, from 0.
     *
     * @param axis the sequence dimension, not 0; may count from the end
     * @param circular whether positions wrap around at the end of the cache
     */
    public record TensorScatter(long axis, boolean circular) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType cache = context.tensor(0);
            if (cache.hasRank()) {
                if (context.axis(axis, cache.shape().rank()) == 0) {
                    throw context.error("axis must not be the batch dimension");
                }
                requireRank(1, cache.shape().rank(), context);
            }
            if (context.tensor(1).dataType() != cache.dataType()) {
                throw context.error("the update must have the cache's element type");
            }
            return List.of(cache);
        }
    }

    private static void requireIntegers(int index, InferenceContext context) {
        if (!context.tensor(index).dataType().isInteger()) {
            throw context.error("indices must be integers, are " + context.tensor(index));
        }
    }

    private static void requireRank(int index, int rank, InferenceContext context) {
        Shape shape = context.shape(index);
        if (shape != null && shape.rank() != rank) {
            throw context.error("input " + index + " must have rank " + rank + ", is " + context.tensor(index));
        }
    }
}
