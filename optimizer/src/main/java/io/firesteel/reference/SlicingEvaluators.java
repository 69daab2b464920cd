package io.firesteel.reference;

import io.firesteel.op.Slicing;
import io.firesteel.op.Slicing.PadMode;
import io.firesteel.reference.StridedCopy.View;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;

/** Evaluators of {@link Slicing}. */
public final class SlicingEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Slicing.Slice.class, (op, in) ->
                List.of(slice(in.tensor(0), op.axes(), op.starts(), op.ends(), op.steps())));
        registry.add(Slicing.DynamicSlice.class, (op, in) -> {
            List<Long> starts = MovementEvaluators.longs(in.tensor(1));
            List<Long> axes = in.hasInput(3) ? MovementEvaluators.longs(in.tensor(3))
                    : LongStream.range(0, starts.size()).boxed().toList();
            List<Long> steps = in.hasInput(4) ? MovementEvaluators.longs(in.tensor(4)) : Collections.nCopies(starts.size(), 1L);
            return List.of(slice(in.tensor(0), axes, starts, MovementEvaluators.longs(in.tensor(2)), steps));
        });
        registry.add(Slicing.Pad.class, (op, in) -> List.of(pad(in.tensor(0), op.mode(), array(op.begins()), array(op.ends()),
                in.hasInput(1) ? in.tensor(1) : null)));
        registry.add(Slicing.DynamicPad.class, SlicingEvaluators::dynamicPad);
        registry.add(Slicing.CenterCropPad.class, SlicingEvaluators::centerCropPad);
    }

    private static long[] array(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    static Tensor slice(Tensor x, List<Long> axes, List<Long> starts, List<Long> ends, List<Long> steps) {
        if (axes.size() != starts.size() || axes.size() != ends.size() || axes.size() != steps.size()) {
            throw new IllegalArgumentException("axes, starts, ends and steps must have one length");
        }
        long[] sizes = x.sizes();
        long[] strides = StridedCopy.strides(sizes);
        long offset = 0;
        for (int i = 0; i < axes.size(); i++) {
            int axis = StridedCopy.axis(axes.get(i), x.rank());
            long count = Slicing.countOf(starts.get(i), ends.get(i), steps.get(i), x.size(axis));
            offset += Slicing.firstOf(starts.get(i), steps.get(i), x.size(axis)) * strides[axis];
            sizes[axis] = count;
            strides[axis] = count > 1 ? strides[axis] * steps.get(i) : strides[axis];
        }
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        StridedCopy.copy(sizes, new View(x, offset, strides), View.of(y));
        return y;
    }

    private static List<HostValue> dynamicPad(Slicing.DynamicPad op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        long[] pads = in.tensor(1).toLongs();
        long[] axes = in.hasInput(3) ? in.tensor(3).toLongs() : LongStream.range(0, x.rank()).toArray();
        if (pads.length != 2 * axes.length) {
            throw new IllegalArgumentException(pads.length + " pads for " + axes.length + " axes");
        }
        long[] begins = new long[x.rank()];
        long[] ends = new long[x.rank()];
        for (int i = 0; i < axes.length; i++) {
            begins[StridedCopy.axis(axes[i], x.rank())] = pads[i];
            ends[StridedCopy.axis(axes[i], x.rank())] = pads[axes.length + i];
        }
        return List.of(pad(x, op.mode(), begins, ends, in.hasInput(2) ? in.tensor(2) : null));
    }

    /** @param value the constant, or null for zero */
    static Tensor pad(Tensor x, PadMode mode, long[] begins, long[] ends, Tensor value) {
        Tensor y = crop(x, begins, ends);
        long[] before = Arrays.stream(begins).map(b -> Math.max(b, 0)).toArray();
        long[] after = Arrays.stream(ends).map(e -> Math.max(e, 0)).toArray();
        if (mode == PadMode.CONSTANT) {
            return surround(y, before, after, value);
        }
        for (int axis = 0; axis < x.rank(); axis++) {
            if (before[axis] != 0 || after[axis] != 0) {
                y = extend(y, mode, axis, before[axis], after[axis]);
            }
        }
        return y;
    }

    private static Tensor crop(Tensor x, long[] begins, long[] ends) {
        long[] sizes = x.sizes();
        long offset = 0;
        long[] strides = StridedCopy.strides(sizes);
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] += Math.min(begins[i], 0) + Math.min(ends[i], 0);
            offset -= Math.min(begins[i], 0) * strides[i];
        }
        if (Arrays.equals(sizes, x.sizes())) {
            return x;
        }
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        StridedCopy.copy(sizes, new View(x, offset, strides), View.of(y));
        return y;
    }

    private static Tensor surround(Tensor x, long[] before, long[] after, Tensor value) {
        long[] sizes = x.sizes();
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = Math.addExact(sizes[i], before[i] + after[i]);
        }
        Tensor y = value == null ? Tensor.zeros(x.dataType(), sizes) : StridedCopy.filled(value, sizes);
        long[] strides = StridedCopy.strides(sizes);
        long offset = 0;
        for (int i = 0; i < sizes.length; i++) {
            offset += before[i] * strides[i];
        }
        StridedCopy.copy(x.sizes(), View.of(x), new View(y, offset, strides));
        return y;
    }

    private static Tensor extend(Tensor x, PadMode mode, int axis, long before, long after) {
        long size = x.size(axis);
        if (size == 0) {
            throw new IllegalArgumentException("mode " + mode + " cannot pad dimension " + axis + ", which is empty");
        }
        long[] sizes = x.sizes();
        sizes[axis] = Math.addExact(size, before + after);
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long outer = StridedCopy.product(sizes, 0, axis);
        long run = StridedCopy.product(sizes, axis + 1, sizes.length);
        for (long i = 0; i < sizes[axis]; i++) {
            long origin = origin(i - before, size, mode);
            for (long o = 0; o < outer; o++) {
                y.copy((o * sizes[axis] + i) * run, x, (o * size + origin) * run, run);
            }
        }
        return y;
    }

    private static long origin(long position, long size, PadMode mode) {
        return switch (mode) {
            case EDGE -> Math.max(0, Math.min(position, size - 1));
            case WRAP -> Math.floorMod(position, size);
            case REFLECT -> {
                long period = Math.max(1, 2 * (size - 1));
                long folded = Math.floorMod(position, period);
                yield folded < size ? folded : period - folded;
            }
            case CONSTANT -> throw new IllegalArgumentException("a constant has no origin");
        };
    }

    private static List<HostValue> centerCropPad(Slicing.CenterCropPad op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        long[] target = in.tensor(1).toLongs();
        List<Long> axes = op.axes().isEmpty() ? LongStream.range(0, x.rank()).boxed().toList() : op.axes();
        if (axes.size() != target.length) {
            throw new IllegalArgumentException(target.length + " sizes for " + axes.size() + " axes");
        }
        long[] begins = new long[x.rank()];
        long[] ends = new long[x.rank()];
        for (int i = 0; i < target.length; i++) {
            int axis = StridedCopy.axis(axes.get(i), x.rank());
            long difference = target[i] - x.size(axis);
            begins[axis] = difference / 2;
            ends[axis] = difference - difference / 2;
        }
        return List.of(pad(x, PadMode.CONSTANT, begins, ends, null));
    }
}
