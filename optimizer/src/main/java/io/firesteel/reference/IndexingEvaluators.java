package io.firesteel.reference;

import io.firesteel.op.Indexing;
import io.firesteel.op.Indexing.ScatterReduction;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluators of {@link Indexing}. */
public final class IndexingEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Indexing.Gather.class, (op, in) -> List.of(gather(in.tensor(0), in.tensor(1), op.axis())));
        registry.add(Indexing.GatherElements.class, (op, in) -> List.of(gatherElements(in.tensor(0), in.tensor(1), op.axis())));
        registry.add(Indexing.GatherND.class, (op, in) -> List.of(gatherND(in.tensor(0), in.tensor(1), (int) op.batchDims())));
        registry.add(Indexing.ScatterElements.class, (op, in) -> List.of(scatterElements(op, in)));
        registry.add(Indexing.ScatterND.class, (op, in) -> List.of(scatterND(op, in)));
        registry.add(Indexing.TensorScatter.class, (op, in) -> List.of(tensorScatter(op, in)));
    }

    private static Tensor gather(Tensor x, Tensor indices, long dimension) {
        int axis = StridedCopy.axis(dimension, x.rank());
        long[] sizes = new long[x.rank() - 1 + indices.rank()];
        System.arraycopy(x.sizes(), 0, sizes, 0, axis);
        System.arraycopy(indices.sizes(), 0, sizes, axis, indices.rank());
        System.arraycopy(x.sizes(), axis + 1, sizes, axis + indices.rank(), x.rank() - axis - 1);
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long outer = StridedCopy.product(x.sizes(), 0, axis);
        long run = StridedCopy.product(x.sizes(), axis + 1, x.rank());
        long count = indices.elements();
        for (long i = 0; i < count; i++) {
            long origin = StridedCopy.position(indices.getLong(i), x.size(axis));
            for (long o = 0; o < outer; o++) {
                y.copy((o * count + i) * run, x, (o * x.size(axis) + origin) * run, run);
            }
        }
        return y;
    }

    /** The data's element that element {@code i} of the indices points to. */
    private static long pointed(long i, Tensor indices, int axis, long[] dataSizes, long[] dataStrides) {
        long offset = 0;
        long rest = i;
        for (int d = indices.rank() - 1; d >= 0; d--) {
            long at = rest % indices.size(d);
            rest /= indices.size(d);
            offset += (d == axis ? StridedCopy.position(indices.getLong(i), dataSizes[d])
                    : StridedCopy.position(at, dataSizes[d])) * dataStrides[d];
        }
        return offset;
    }

    private static Tensor gatherElements(Tensor x, Tensor indices, long dimension) {
        int axis = StridedCopy.axis(dimension, x.rank());
        long[] strides = StridedCopy.strides(x.sizes());
        long[] sizes = x.sizes();
        Tensor y = Tensor.zeros(x.dataType(), indices.sizes());
        for (long i = 0; i < y.elements(); i++) {
            y.copy(i, x, pointed(i, indices, axis, sizes, strides));
        }
        return y;
    }

    /** The offset of the slice at coordinate tuple {@code tuple}, from dimension {@code first} of the data on. */
    private static long offset(Tensor indices, long tuple, int length, int first, long[] sizes, long[] strides) {
        long offset = 0;
        for (int d = 0; d < length; d++) {
            offset += StridedCopy.position(indices.getLong(tuple * length + d), sizes[first + d]) * strides[first + d];
        }
        return offset;
    }

    private static Tensor gatherND(Tensor x, Tensor indices, int batchDims) {
        int length = (int) indices.size(-1);
        int taken = batchDims + length;
        long[] sizes = new long[indices.rank() - 1 + x.rank() - taken];
        System.arraycopy(indices.sizes(), 0, sizes, 0, indices.rank() - 1);
        System.arraycopy(x.sizes(), taken, sizes, indices.rank() - 1, x.rank() - taken);
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long[] strides = StridedCopy.strides(x.sizes());
        long run = StridedCopy.product(x.sizes(), taken, x.rank());
        long batchStride = StridedCopy.product(x.sizes(), batchDims, x.rank());
        long tuples = StridedCopy.product(indices.sizes(), 0, indices.rank() - 1);
        long tuplesPerBatch = StridedCopy.product(indices.sizes(), batchDims, indices.rank() - 1);
        for (long t = 0; t < tuples && run > 0; t++) {
            y.copy(t * run, x, t / tuplesPerBatch * batchStride + offset(indices, t, length, batchDims, x.sizes(), strides), run);
        }
        return y;
    }

    private static Tensor scatterElements(Indexing.ScatterElements op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor indices = in.tensor(1);
        Tensor updates = in.tensor(2);
        if (!Arrays.equals(indices.sizes(), updates.sizes()) || indices.rank() != x.rank()) {
            throw new IllegalArgumentException("indices " + indices + " and updates " + updates + " do not fit " + x);
        }
        int axis = StridedCopy.axis(op.axis(), x.rank());
        long[] strides = StridedCopy.strides(x.sizes());
        long[] sizes = x.sizes();
        Tensor y = StridedCopy.duplicate(x);
        for (long i = 0; i < updates.elements(); i++) {
            combine(y, pointed(i, indices, axis, sizes, strides), updates, i, op.reduction());
        }
        return y;
    }

    private static Tensor scatterND(Indexing.ScatterND op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor indices = in.tensor(1);
        Tensor updates = in.tensor(2);
        int length = (int) indices.size(-1);
        long run = StridedCopy.product(x.sizes(), length, x.rank());
        long tuples = StridedCopy.product(indices.sizes(), 0, indices.rank() - 1);
        if (updates.elements() != tuples * run) {
            throw new IllegalArgumentException("indices " + indices + " and updates " + updates + " do not fit " + x);
        }
        long[] strides = StridedCopy.strides(x.sizes());
        Tensor y = StridedCopy.duplicate(x);
        for (long t = 0; t < tuples; t++) {
            long offset = offset(indices, t, length, 0, x.sizes(), strides);
            if (op.reduction() == ScatterReduction.NONE) {
                y.copy(offset, updates, t * run, run);
            } else {
                for (long i = 0; i < run; i++) {
                    combine(y, offset + i, updates, t * run + i, op.reduction());
                }
            }
        }
        return y;
    }

    private static void combine(Tensor y, long at, Tensor updates, long i, ScatterReduction reduction) {
        if (reduction == ScatterReduction.NONE) {
            y.copy(at, updates, i);
        } else if (y.dataType().isFloatingPoint()) {
            double a = y.getDouble(at);
            double b = updates.getDouble(i);
            y.setDouble(at, switch (reduction) {
                case ADD -> a + b;
                case MUL -> a * b;
                case MAX -> Math.max(a, b);
                case MIN -> Math.min(a, b);
                case NONE -> b;
            });
        } else {
            long a = y.getLong(at);
            long b = updates.getLong(i);
            boolean less = y.dataType() == DataType.UINT64 ? Long.compareUnsigned(a, b) < 0 : a < b;
            y.setLong(at, switch (reduction) {
                case ADD -> a + b;
                case MUL -> a * b;
                case MAX -> less ? b : a;
                case MIN -> less ? a : b;
                case NONE -> b;
            });
        }
    }

    private static Tensor tensorScatter(Indexing.TensorScatter op, EvaluationContext in) {
        Tensor cache = in.tensor(0);
        Tensor update = in.tensor(1);
        int axis = StridedCopy.axis(op.axis(), cache.rank());
        long length = cache.size(axis);
        long written = update.size(axis);
        long[] expected = cache.sizes();
        expected[axis] = written;
        if (!Arrays.equals(expected, update.sizes()) || written > length) {
            throw new IllegalArgumentException("update " + update + " does not fit cache " + cache);
        }
        Tensor y = StridedCopy.duplicate(cache);
        long run = StridedCopy.product(cache.sizes(), axis + 1, cache.rank());
        long outer = StridedCopy.product(cache.sizes(), 0, axis);
        long outerPerBatch = outer / Math.max(1, cache.size(0));
        for (long o = 0; o < outer; o++) {
            long start = in.hasInput(2) ? in.tensor(2).getLong(o / outerPerBatch) : 0;
            for (long t = 0; t < written; t++) {
                long at = op.circular() ? Math.floorMod(start + t, length) : start + t;
                if (at < 0 || at >= length) {
                    throw new IndexOutOfBoundsException("position " + at + " is outside the cache of length " + length);
                }
                y.copy((o * length + at) * run, update, (o * written + t) * run, run);
            }
        }
        return y;
    }
}
