package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Operators that cut out a part of the data or surround it. */
public final class Slicing {

    private Slicing() { }

    /**
     * Takes every {@code step}th element from {@code start} to before {@code end} of some dimensions: negative
     * positions count from the end, positions outside are clamped, a negative step goes backward.
     *
     * @param axes the dimensions; may count from the end
     * @param starts one for each axis
     * @param ends one for each axis
     * @param steps one for each axis, not 0
     */
    public record Slice(List<Long> axes, List<Long> starts, List<Long> ends, List<Long> steps) implements DataMovement {

        public Slice {
            axes = List.copyOf(axes);
            starts = List.copyOf(starts);
            ends = List.copyOf(ends);
            steps = List.copyOf(steps);
        }

        @Override
        public boolean isIdentityOfEqualTypes() {
            return steps.stream().allMatch(s -> s == 1);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(sliced(axes, Dims.of(starts), Dims.of(ends), steps, context));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return slicedValue(axes, starts, ends, steps, context);
        }
    }

    /**
     * {@link Slice} with its attributes as inputs: 0 data; 1 starts; 2 ends; 3 axes, or absent for the first dimensions;
     * 4 steps, or absent for 1.
     */
    public record DynamicSlice() implements DataMovement {

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            Optional<List<Dim>> starts = context.shapeValue(1);
            Optional<List<Dim>> ends = context.shapeValue(2);
            int count = starts.map(List::size).orElseGet(() -> Dims.length(context, 1));
            Optional<List<Long>> axes = axes(count, context);
            Optional<List<Long>> steps = steps(count, context);
            if (!data.hasRank() || axes.isEmpty()) {
                return List.of(data.hasRank() ? data.withShape(Dims.unknown(data.shape().rank(), context)) : data);
            }
            if (starts.isEmpty() || ends.isEmpty() || steps.isEmpty()) {
                List<Dim> dims = new ArrayList<>(data.shape().dims());
                Dims.axes(axes.get(), dims.size(), context).forEach(a -> dims.set(a, context.unknownDim("dim" + a)));
                return List.of(data.withShape(new Shape(dims)));
            }
            return List.of(sliced(axes.get(), starts.get(), ends.get(), steps.get(), context));
        }

        private static Optional<List<Long>> axes(int count, InferenceContext context) {
            return context.hasInput(3) ? Dims.constants(context, 3)
                    : count < 0 ? Optional.empty() : Optional.of(LongStream.range(0, count).boxed().toList());
        }

        private static Optional<List<Long>> steps(int count, InferenceContext context) {
            return context.hasInput(4) ? Dims.constants(context, 4)
                    : count < 0 ? Optional.empty() : Optional.of(Collections.nCopies(count, 1L));
        }

        @Override
        public Optional<List<Dim>> inferShapeValue(InferenceContext context) {
            return Dims.constants(context, 1).flatMap(starts -> Dims.constants(context, 2).flatMap(ends ->
                    axes(starts.size(), context).flatMap(axes -> steps(starts.size(), context).flatMap(steps ->
                            slicedValue(axes, starts, ends, steps, context)))));
        }
    }

    /** The first position of a slice, clamped. */
    public static long firstOf(long start, long step, long size) {
        long first = start < 0 ? start + size : start;
        return Math.max(0, Math.min(first, step > 0 ? size : size - 1));
    }

    /** The number of positions of a slice. */
    public static long countOf(long start, long end, long step, long size) {
        if (step == 0) {
            throw new IllegalArgumentException("a step of a slice is 0");
        }
        if (size == 0) {
            return 0;
        }
        long first = firstOf(start, step, size);
        long last = end < 0 ? end + size : end;
        if (step > 0) {
            long stop = Math.max(0, Math.min(last, size));
            return first >= stop ? 0 : (stop - first - 1) / step + 1;
        }
        long stop = Math.max(-1, Math.min(last, size - 1));
        return first <= stop ? 0 : (first - stop - 1) / -Math.max(step, -Long.MAX_VALUE) + 1;
    }

    private static TensorType sliced(List<Long> axes, List<Dim> starts, List<Dim> ends, List<Long> steps,
            InferenceContext context) {
        TensorType data = context.tensor(0);
        if (axes.size() != starts.size() || axes.size() != ends.size() || axes.size() != steps.size()) {
            throw context.error("axes, starts, ends and steps must have one length");
        }
        if (!data.hasRank()) {
            return data;
        }
        List<Dim> dims = new ArrayList<>(data.shape().dims());
        Dims.axes(axes, dims.size(), context);
        for (int i = 0; i < axes.size(); i++) {
            int axis = context.axis(axes.get(i), dims.size());
            dims.set(axis, count(dims.get(axis), starts.get(i), ends.get(i), steps.get(i), axis, context));
        }
        return data.withShape(new Shape(dims));
    }

    /** Symbolic positions are taken to lie inside the data. */
    private static Dim count(Dim size, Dim start, Dim end, long step, int axis, InferenceContext context) {
        if (size.isConstant() && start.isConstant() && end.isConstant()) {
            return Dim.of(countOf(start.size(), end.size(), step, size.size()));
        }
        Optional<Dim> result = Optional.empty();
        if (step == 1) {
            Optional<Dim> stop = !end.isConstant() ? Optional.of(end)
                    : end.size() < 0 ? size.plus(end)
                    : end.size() >= Integer.MAX_VALUE || size.isConstant() ? Optional.of(size) : Optional.empty();
            Optional<Dim> first = !start.isConstant() || start.size() >= 0 ? Optional.of(start) : size.plus(start);
            boolean shortTail = start.isConstant() && start.size() < -1;
            result = shortTail ? Optional.empty() : stop.flatMap(s -> first.flatMap(s::minus));
            if (size.isConstant() && end.isConstant() && !start.isConstant()) {
                result = Dim.of(Math.min(size.size(), end.size() < 0 ? end.size() + size.size() : end.size())).minus(start);
            }
        } else if (step == -1 && start.is(-1) && end.isConstant() && end.size() <= Integer.MIN_VALUE) {
            result = Optional.of(size);
        }
        return result.filter(d -> !d.isConstant() || d.size() >= 0).orElseGet(() -> context.unknownDim("dim" + axis));
    }

    private static Optional<List<Dim>> slicedValue(List<Long> axes, List<Long> starts, List<Long> ends, List<Long> steps,
            InferenceContext context) {
        Shape shape = context.shape(0);
        Optional<List<Dim>> value = context.shapeValue(0);
        if (shape == null || shape.rank() != 1 || axes.size() != 1 || value.isEmpty()) {
            return Optional.empty();
        }
        long size = value.get().size();
        long first = firstOf(starts.get(0), steps.get(0), size);
        long count = countOf(starts.get(0), ends.get(0), steps.get(0), size);
        List<Dim> taken = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            taken.add(value.get().get(Math.toIntExact(first + i * steps.get(0))));
        }
        return Optional.of(taken);
    }

    /** What the elements around the data are. */
    public enum PadMode {
        /** A constant. */
        CONSTANT,
        /** The data mirrored at its edge elements, which are not repeated. */
        REFLECT,
        /** The edge elements. */
        EDGE,
        /** The data repeated. */
        WRAP
    }

    /**
     * Surrounds the data (input 0) along each dimension; input 1 is the constant, a scalar of the data's type, or absent for
     * zero. Negative numbers cut elements away.
     *
     * @param mode what the new elements are
     * @param begins elements before, for each dimension
     * @param ends elements after, for each dimension
     */
    public record Pad(PadMode mode, List<Long> begins, List<Long> ends) implements Operator {

        public Pad {
            begins = List.copyOf(begins);
            ends = List.copyOf(ends);
        }

        @Override
        public boolean isIdentityOfEqualTypes() {
            return Stream.concat(begins.stream(), ends.stream()).allMatch(p -> p == 0);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data.withShape(Dims.unknown(begins.size(), context)));
            }
            if (data.shape().rank() != begins.size() || begins.size() != ends.size()) {
                throw context.error("pads " + begins + " and " + ends + " for " + data);
            }
            return List.of(data.withShape(padded(data.shape(), Dims.of(begins), Dims.of(ends), context)));
        }
    }

    /**
     * {@link Pad} with its attributes as inputs: 0 data; 1 begins, then ends; 2 the constant, or absent for zero; 3 the axes
     * they belong to, or absent for all.
     *
     * @param mode what the new elements are
     */
    public record DynamicPad(PadMode mode) implements Operator {

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data);
            }
            int rank = data.shape().rank();
            Optional<List<Long>> axes = context.hasInput(3) ? Dims.constants(context, 3)
                    : Optional.of(LongStream.range(0, rank).boxed().toList());
            Optional<List<Dim>> pads = context.shapeValue(1);
            if (axes.isEmpty() || pads.isEmpty()) {
                return List.of(data.withShape(Dims.unknown(rank, context)));
            }
            int count = axes.get().size();
            if (pads.get().size() != 2 * count) {
                throw context.error(pads.get().size() + " pads for " + count + " axes");
            }
            List<Dim> begins = new ArrayList<>(Collections.nCopies(rank, Dim.of(0)));
            List<Dim> ends = new ArrayList<>(begins);
            for (int i = 0; i < count; i++) {
                int axis = context.axis(axes.get().get(i), rank);
                begins.set(axis, pads.get().get(i));
                ends.set(axis, pads.get().get(count + i));
            }
            return List.of(data.withShape(padded(data.shape(), begins, ends, context)));
        }
    }

    private static Shape padded(Shape data, List<Dim> begins, List<Dim> ends, InferenceContext context) {
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < data.rank(); i++) {
            int axis = i;
            Dim size = data.dim(i).plus(begins.get(i)).flatMap(d -> d.plus(ends.get(axis)))
                    .orElseGet(() -> context.unknownDim("dim" + axis));
            if (size.isConstant() && size.size() < 0) {
                throw context.error("pads " + begins + " and " + ends + " cut away more than " + data + " has");
            }
            dims.add(size);
        }
        return new Shape(dims);
    }

    /**
     * Crops or pads with zeros, the middle kept, to the sizes in input 1, an int64 vector. An odd difference takes or gives
     * one element more at the end.
     *
     * @param axes the dimensions, may count from the end; empty for all
     */
    public record CenterCropPad(List<Long> axes) implements Operator {

        public CenterCropPad {
            axes = List.copyOf(axes);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (!data.hasRank()) {
                return List.of(data);
            }
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            List<Long> given = axes.isEmpty() ? LongStream.range(0, dims.size()).boxed().toList() : axes;
            Optional<List<Dim>> target = context.shapeValue(1);
            if (target.isPresent() && target.get().size() != given.size()) {
                throw context.error(target.get().size() + " sizes for " + given.size() + " axes");
            }
            for (int i = 0; i < given.size(); i++) {
                int axis = context.axis(given.get(i), dims.size());
                dims.set(axis, target.isPresent() ? target.get().get(i) : context.unknownDim("dim" + axis));
            }
            return List.of(data.withShape(new Shape(dims)));
        }
    }
}
