package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Operators that give the same elements, in the same order, another shape. */
public final class Reshaping {

    private Reshaping() { }

    /** An operator whose first input's elements are its output's, in order. */
    private interface SameElements extends View {
        @Override
        default Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return context.shapeValue(0);
        }
    }

    /**
     * Gives the data (input 0) the shape {@code target}.
     *
     * @param target sizes; at most one is -1, which takes what is left; 0 copies the data's dimension at the same place
     * @param allowZero whether 0 is the size zero instead
     */
    public record Reshape(List<Long> target, boolean allowZero) implements SameElements {

        public Reshape {
            target = List.copyOf(target);
        }

        /** The reshape to a shape known as dimensions, or empty where it takes the sizes of an actual input to say. */
        public static Optional<Reshape> of(Shape data, List<Dim> target, boolean allowZero) {
            List<Long> sizes = new ArrayList<>(target.size());
            boolean inferred = target.contains(Dim.of(-1));
            for (int i = 0; i < target.size(); i++) {
                Dim dim = target.get(i);
                if (dim.isConstant()) {
                    sizes.add(dim.size());
                } else if (!allowZero && data != null && i < data.rank() && data.dim(i).equals(dim)) {
                    sizes.add(0L);
                } else if (!inferred) {
                    inferred = true;
                    sizes.add(-1L);
                } else {
                    return Optional.empty();
                }
            }
            return Optional.of(new Reshape(sizes, allowZero));
        }

        @Override
        public boolean isIdentityOfEqualTypes() {
            return true;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(context.tensor(0).withShape(reshaped(context.shape(0), Dims.of(target), allowZero, context)));
        }

        /**
         * The sizes of the result for data of the given sizes.
         *
         * @throws IllegalArgumentException if the elements do not fit
         */
        public long[] resolve(long[] data) {
            long[] sizes = new long[target.size()];
            long left = 1;
            long right = 1;
            int inferred = -1;
            for (int i = 0; i < Math.max(sizes.length, data.length); i++) {
                boolean copied = i < sizes.length && target.get(i) == 0 && !allowZero;
                if (i < sizes.length) {
                    sizes[i] = copied ? data[i] : target.get(i);
                    if (sizes[i] == -1) {
                        inferred = i;
                    } else if (!copied) {
                        right = Math.multiplyExact(right, sizes[i]);
                    }
                }
                if (i < data.length && !copied) {
                    left = Math.multiplyExact(left, data[i]);
                }
            }
            if (inferred >= 0) {
                if (right == 0 || left % right != 0) {
                    throw new IllegalArgumentException("sizes " + Shape.of(data) + " do not divide into " + target);
                }
                sizes[inferred] = left / right;
            }
            return sizes;
        }
    }

    /**
     * Gives the data (input 0) the shape in input 1, an int64 vector.
     *
     * @param allowZero whether 0 is the size zero, not a copy of the data's dimension
     */
    public record DynamicReshape(boolean allowZero) implements SameElements {
        @Override
        public boolean isIdentityOfEqualTypes() {
            return true;
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            Optional<List<Dim>> target = context.shapeValue(1);
            if (target.isPresent()) {
                return List.of(data.withShape(reshaped(data.shape(), target.get(), allowZero, context)));
            }
            int rank = Dims.length(context, 1);
            return List.of(rank < 0 ? TensorType.ofUnknownRank(data.dataType()) : data.withShape(Dims.unknown(rank, context)));
        }
    }

    private static Shape reshaped(Shape data, List<Dim> target, boolean allowZero, InferenceContext context) {
        List<Dim> dims = new ArrayList<>(target);
        int inferred = -1;
        for (int i = 0; i < dims.size(); i++) {
            if (dims.get(i).is(0) && !allowZero) {
                if (data != null && i >= data.rank()) {
                    throw context.error("target " + target + " copies dimension " + i + " of data of shape " + data);
                }
                dims.set(i, data == null ? context.unknownDim("dim" + i) : data.dim(i));
            } else if (dims.get(i).is(-1)) {
                if (inferred >= 0) {
                    throw context.error("target " + target + " leaves more than one dimension open");
                }
                inferred = i;
            } else if (dims.get(i).isConstant() && dims.get(i).size() < 0) {
                throw context.error("target " + target + " has a negative size");
            }
        }
        if (inferred < 0) {
            requireSameCount(data, dims, context);
            return new Shape(dims);
        }
        List<Dim> rest = new ArrayList<>(dims);
        rest.remove(inferred);
        Optional<Dim> open = data == null || rest.contains(Dim.of(0)) ? Optional.empty() : Dims.quotient(data.dims(), rest);
        if (open.isEmpty() && data != null && data.isStatic() && new Shape(rest).isStatic() && !rest.contains(Dim.of(0))) {
            throw context.error("data of shape " + data + " does not divide into " + target);
        }
        dims.set(inferred, open.orElse(context.unknownDim("dim" + inferred)));
        return new Shape(dims);
    }

    private static void requireSameCount(Shape data, List<Dim> dims, InferenceContext context) {
        Shape result = new Shape(dims);
        if (data != null && data.isStatic() && result.isStatic() && data.elements() != result.elements()) {
            throw context.error("data of shape " + data + " has not as many elements as " + result);
        }
    }

    /**
     * Makes a matrix of the data: dimensions before {@code axis} are its rows, the others its columns.
     *
     * @param axis may count from the end; may equal the rank
     */
    public record Flatten(long axis) implements SameElements {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data.withShape(Dims.unknown(2, context)));
            }
            Shape shape = data.shape();
            int split = split(shape.rank());
            return List.of(data.withShape(Shape.of(shape.product(0, split).orElseGet(() -> context.unknownDim("rows")),
                    shape.product(split, shape.rank()).orElseGet(() -> context.unknownDim("columns")))));
        }

        /** The number of dimensions that become rows. */
        public int split(int rank) {
            long split = axis < 0 ? axis + rank : axis;
            if (split < 0 || split > rank) {
                throw new IllegalArgumentException("axis " + axis + " is out of range for rank " + rank);
            }
            return (int) split;
        }
    }

    /**
     * Removes dimensions of size 1.
     *
     * @param axes which; may count from the end
     */
    public record Squeeze(List<Long> axes) implements SameElements {

        public Squeeze {
            axes = List.copyOf(axes);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(squeezed(axes, context));
        }
    }

    /** Removes the dimensions in input 1, an int64 vector; without it, every dimension of size 1. */
    public record DynamicSqueeze() implements SameElements {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!context.hasInput(1)) {
                return List.of(data.isStatic()
                        ? data.withShape(new Shape(data.shape().dims().stream().filter(d -> !d.is(1)).toList()))
                        : TensorType.ofUnknownRank(data.dataType()));
            }
            Optional<List<Long>> axes = Dims.constants(context, 1);
            return List.of(axes.isPresent() ? squeezed(axes.get(), context) : TensorType.ofUnknownRank(data.dataType()));
        }
    }

    private static TensorType squeezed(List<Long> axes, InferenceContext context) {
        TensorType data = context.tensor(0);
        if (!data.hasRank()) {
            return data;
        }
        List<Dim> dims = new ArrayList<>(data.shape().dims());
        List<Integer> removed = Dims.axes(axes, dims.size(), context);
        for (int i = removed.size() - 1; i >= 0; i--) {
            Dim dim = dims.remove((int) removed.get(i));
            if (dim.isConstant() && !dim.is(1)) {
                throw context.error("dimension " + removed.get(i) + " of " + data + " is not 1");
            }
        }
        return data.withShape(new Shape(dims));
    }

    /**
     * Inserts dimensions of size 1.
     *
     * @param axes where in the result; may count from the result's end
     */
    public record Unsqueeze(List<Long> axes) implements SameElements {

        public Unsqueeze {
            axes = List.copyOf(axes);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(unsqueezed(axes, context));
        }
    }

    /** Inserts dimensions of size 1 where input 1, an int64 vector, says. */
    public record DynamicUnsqueeze() implements SameElements {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Optional<List<Long>> axes = Dims.constants(context, 1);
            if (axes.isPresent()) {
                return List.of(unsqueezed(axes.get(), context));
            }
            TensorType data = context.tensor(0);
            int added = Dims.length(context, 1);
            return List.of(added < 0 || !data.hasRank() ? TensorType.ofUnknownRank(data.dataType())
                    : data.withShape(Dims.unknown(data.shape().rank() + added, context)));
        }
    }

    private static TensorType unsqueezed(List<Long> axes, InferenceContext context) {
        TensorType data = context.tensor(0);
        if (!data.hasRank()) {
            return data;
        }
        int rank = data.shape().rank() + axes.size();
        Set<Integer> inserted = new HashSet<>(Dims.axes(axes, rank, context));
        List<Dim> dims = new ArrayList<>(rank);
        int next = 0;
        for (int i = 0; i < rank; i++) {
            dims.add(inserted.contains(i) ? Dim.of(1) : data.shape().dim(next++));
        }
        return data.withShape(new Shape(dims));
    }
}
