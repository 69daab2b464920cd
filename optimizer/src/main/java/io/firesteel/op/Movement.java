package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Operators that permute, join, part and repeat elements, their bits unchanged. */
public final class Movement {

    private Movement() { }

    /**
     * Permutes dimensions.
     *
     * @param perm for each dimension of the result, the data's dimension it is
     */
    public record Transpose(List<Long> perm) implements DataMovement {

        public Transpose {
            perm = List.copyOf(perm);
        }

        @Override
        public boolean isIdentityOfEqualTypes() {
            return perm.equals(LongStream.range(0, perm.size()).boxed().toList());
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (data.hasRank() && perm.size() != data.shape().rank() || new HashSet<>(perm).size() != perm.size()
                    || perm.stream().anyMatch(p -> p < 0 || p >= perm.size())) {
                throw context.error(perm + " is no permutation of the dimensions of " + data);
            }
            return List.of(data.withShape(data.hasRank()
                    ? new Shape(perm.stream().map(p -> data.shape().dim(p.intValue())).toList())
                    : Dims.unknown(perm.size(), context)));
        }
    }

    /** Reverses the order of the dimensions of data whose rank is not known. */
    public record ReverseAxes() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data);
            }
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            Collections.reverse(dims);
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /**
     * Joins all inputs, which have one element type and equal sizes but for one dimension.
     *
     * @param axis the dimension; may count from the end
     */
    public record Concat(long axis) implements DataMovement {

        @Override
        public boolean isIdentityOfEqualTypes() {
            return true;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Broadcasting.requireSameDataType(context);
            TensorType first = context.tensor(0);
            int rank = -1;
            for (int i = 0; i < context.inputCount(); i++) {
                if (context.tensor(i).hasRank()) {
                    int other = context.shape(i).rank();
                    if (rank >= 0 && other != rank) {
                        throw context.error("inputs must have one rank, are " + first + " and " + context.tensor(i));
                    }
                    rank = other;
                }
            }
            if (rank < 0) {
                return List.of(first);
            }
            int along = context.axis(axis, rank);
            List<Dim> dims = new ArrayList<>();
            for (int d = 0; d < rank; d++) {
                dims.add(d == along ? sum(along, context) : common(d, context));
            }
            return List.of(first.withShape(new Shape(dims)));
        }

        private static Dim sum(int along, InferenceContext context) {
            Optional<Dim> sum = Optional.of(Dim.of(0));
            for (int i = 0; i < context.inputCount(); i++) {
                Shape shape = context.shape(i);
                sum = shape == null ? Optional.empty() : sum.flatMap(s -> s.plus(shape.dim(along)));
            }
            return sum.orElseGet(() -> context.unknownDim("axis"));
        }

        private static Dim common(int d, InferenceContext context) {
            Dim common = null;
            for (int i = 0; i < context.inputCount(); i++) {
                Shape shape = context.shape(i);
                if (shape != null) {
                    common = common == null ? shape.dim(d) : Dims.agreed(common, shape.dim(d), "dimensions " + d, context);
                }
            }
            return common;
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            List<Dim> joined = new ArrayList<>();
            for (int i = 0; i < context.inputCount(); i++) {
                Optional<List<Dim>> part = context.shapeValue(i);
                if (part.isEmpty() || context.shape(i) == null || context.shape(i).rank() != 1) {
                    return Optional.empty();
                }
                joined.addAll(part.get());
            }
            return Optional.of(joined);
        }
    }

    /**
     * Parts the data along one dimension into one output for each size.
     *
     * @param axis the dimension; may count from the end
     * @param sizes the outputs' sizes along it
     */
    public record Split(long axis, List<Long> sizes) implements DataMovement {

        public Split {
            sizes = List.copyOf(sizes);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return split(axis, Dims.of(sizes), context);
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return context.shapeValue(0).map(v -> v.subList(0, sizes.get(0).intValue()));
        }
    }

    /**
     * Parts the data along one dimension into equal outputs, the last one smaller where the division is not exact.
     *
     * @param axis the dimension; may count from the end
     * @param parts the number of outputs
     */
    public record EvenSplit(long axis, long parts) implements DataMovement {

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return Collections.nCopies((int) parts, data);
            }
            Dim whole = data.shape().dim(context.axis(axis, data.shape().rank()));
            if (whole.isConstant()) {
                return split(axis, Dims.of(sizes(whole.size())), context);
            }
            Optional<Dim> part = whole.dividedBy(Dim.of(parts));
            List<Dim> dims = new ArrayList<>();
            for (int i = 0; i < parts; i++) {
                dims.add(part.orElse(context.unknownDim(i + 1 < parts ? "part" : "last")));
            }
            return split(axis, dims, context);
        }

        /** The sizes of the outputs for a dimension of size {@code whole}. */
        public List<Long> sizes(long whole) {
            long part = (whole + parts - 1) / parts;
            List<Long> sizes = new ArrayList<>();
            for (long i = 0; i < parts; i++) {
                sizes.add(Math.max(0, Math.min(part, whole - i * part)));
            }
            return sizes;
        }
    }

    /**
     * Parts the data (input 0) along one dimension into outputs of the sizes in input 1, an int64 vector.
     *
     * @param axis the dimension; may count from the end
     */
    public record DynamicSplit(long axis) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            List<Dim> dims = context.shapeValue(1).orElseGet(() -> Dims.unknown(context.outputCount(), context).dims());
            return split(axis, dims, context);
        }
    }

    private static List<ValueType> split(long axis, List<Dim> sizes, InferenceContext context) {
        TensorType data = context.tensor(0);
        if (!data.hasRank()) {
            return Collections.nCopies(sizes.size(), data);
        }
        int along = context.axis(axis, data.shape().rank());
        Dim whole = data.shape().dim(along);
        Shape parts = new Shape(sizes);
        if (whole.isConstant() && parts.isStatic() && sizes.stream().mapToLong(Dim::size).sum() != whole.size()) {
            throw context.error("sizes " + parts + " do not add up to " + whole);
        }
        return sizes.stream().map(s -> (ValueType) data.withShape(Dims.with(data.shape(), along, s))).toList();
    }

    /**
     * Broadcasts the data with a shape, as ONNX's multidirectional broadcasting says.
     *
     * @param shape the shape; the data's dimension wins where it is 1
     */
    public record Expand(List<Long> shape) implements DataMovement {

        public Expand {
            shape = List.copyOf(shape);
        }

        @Override
        public boolean isIdentityOfEqualTypes() {
            return true;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(expanded(Dims.of(shape), context));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return expandedValue(shape.stream().reduce(1L, Math::multiplyExact), context);
        }
    }

    /** Broadcasts the data (input 0) with the shape in input 1, an int64 vector. */
    public record DynamicExpand() implements DataMovement {

        @Override
        public boolean isIdentityOfEqualTypes() {
            return true;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Optional<List<Dim>> shape = context.shapeValue(1);
            if (shape.isPresent()) {
                return List.of(expanded(shape.get(), context));
            }
            TensorType data = context.tensor(0);
            int rank = Dims.length(context, 1);
            return List.of(rank < 0 || !data.hasRank() ? TensorType.ofUnknownRank(data.dataType())
                    : data.withShape(Dims.unknown(Math.max(rank, data.shape().rank()), context)));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return Dims.constants(context, 1).flatMap(s -> expandedValue(s.stream().reduce(1L, Math::multiplyExact), context));
        }
    }

    private static TensorType expanded(List<Dim> shape, InferenceContext context) {
        TensorType data = context.tensor(0);
        return data.hasRank() ? data.withShape(Broadcasting.shapes(data.shape(), new Shape(shape), context)) : data;
    }

    private static Optional<List<Dim>> expandedValue(long count, InferenceContext context) {
        return context.shapeValue(0).filter(v -> v.size() == 1 && count <= 64).map(v -> Collections.nCopies((int) count, v.get(0)));
    }

    /**
     * Repeats the data along each dimension.
     *
     * @param repeats how often, for each dimension
     */
    public record Tile(List<Long> repeats) implements Operator {

        public Tile {
            repeats = List.copyOf(repeats);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(tiled(Dims.of(repeats), context));
        }
    }

    /** Repeats the data (input 0) along each dimension as often as input 1, an int64 vector, says. */
    public record DynamicTile() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Optional<List<Dim>> repeats = context.shapeValue(1);
            if (repeats.isPresent()) {
                return List.of(tiled(repeats.get(), context));
            }
            TensorType data = context.tensor(0);
            return List.of(data.hasRank() ? data.withShape(Dims.unknown(data.shape().rank(), context)) : data);
        }
    }

    private static TensorType tiled(List<Dim> repeats, InferenceContext context) {
        TensorType data = context.tensor(0);
        if (!data.hasRank()) {
            return data.withShape(Dims.unknown(repeats.size(), context));
        }
        if (repeats.size() != data.shape().rank()) {
            throw context.error(repeats.size() + " repeats for " + data);
        }
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < repeats.size(); i++) {
            int axis = i;
            dims.add(data.shape().dim(i).times(repeats.get(i)).orElseGet(() -> context.unknownDim("dim" + axis)));
        }
        return data.withShape(new Shape(dims));
    }
}
