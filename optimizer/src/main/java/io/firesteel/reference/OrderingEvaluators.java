package io.firesteel.reference;

import io.firesteel.op.Ordering;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Evaluators of {@link Ordering}. */
public final class OrderingEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Ordering.TopK.class, OrderingEvaluators::topK);
        registry.add(Ordering.ArgMax.class, (op, in) -> argument(in, op.axis(), op.keepDims(), op.selectLastIndex(), true));
        registry.add(Ordering.ArgMin.class, (op, in) -> argument(in, op.axis(), op.keepDims(), op.selectLastIndex(), false));
        registry.add(Ordering.Unique.class, OrderingEvaluators::unique);
    }

    private static int axis(EvaluationContext in, long axis) {
        int rank = in.tensor(0).rank();
        long normalized = axis < 0 ? axis + rank : axis;
        if (normalized < 0 || normalized >= rank) {
            throw in.error("axis " + axis + " is out of range for rank " + rank);
        }
        return (int) normalized;
    }

    private static long inner(Tensor x, int axis) {
        long inner = 1;
        for (int i = axis + 1; i < x.rank(); i++) {
            inner *= x.size(i);
        }
        return inner;
    }

    private static List<HostValue> topK(Ordering.TopK op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int axis = axis(in, op.axis());
        int size = Math.toIntExact(x.size(axis));
        long k = in.tensor(1).getLong(0);
        if (k < 0 || k > size) {
            throw in.error("k is " + k + ", axis " + axis + " has " + size + " elements");
        }
        long[] sizes = x.sizes();
        sizes[axis] = k;
        Tensor values = Tensor.zeros(x.dataType(), sizes);
        Tensor places = Tensor.zeros(DataType.INT64, sizes);
        long inner = inner(x, axis);
        long[] keys = new long[size];
        long lanes = k == 0 ? 0 : values.elements() / k;
        boolean real = x.dataType().isFloatingPoint();
        for (long lane = 0; lane < lanes; lane++) {
            long first = lane / inner * inner * size + lane % inner;
            for (int i = 0; i < size; i++) {
                long key = ElementOrder.key(x, first + i * inner);
                keys[i] = op.largest() ? ~key : key;
            }
            int[] smallest = smallest(keys, (int) k);
            for (int i = 0; i < k; i++) {
                long to = lane / inner * inner * k + lane % inner + i * inner;
                places.setLong(to, smallest[i]);
                if (real) {
                    values.setDouble(to, x.getDouble(first + smallest[i] * inner));
                } else {
                    values.setLong(to, x.getLong(first + smallest[i] * inner));
                }
            }
        }
        return List.of(values, places);
    }

    /** The places of the k smallest keys in ascending order, kept in a heap whose root is the largest of them. */
    private static int[] smallest(long[] keys, int k) {
        int[] heap = new int[k];
        for (int i = 0; i < k; i++) {
            heap[i] = i;
        }
        for (int i = k / 2 - 1; i >= 0; i--) {
            sink(heap, i, k, keys);
        }
        for (int i = k; i < keys.length; i++) {
            if (keys[i] < keys[heap[0]]) {
                heap[0] = i;
                sink(heap, 0, k, keys);
            }
        }
        for (int end = k - 1; end > 0; end--) {
            int last = heap[0];
            heap[0] = heap[end];
            heap[end] = last;
            sink(heap, 0, end, keys);
        }
        return heap;
    }

    private static void sink(int[] heap, int at, int size, long[] keys) {
        int moving = heap[at];
        int child;
        while ((child = 2 * at + 1) < size) {
            if (child + 1 < size && isAfter(heap[child + 1], heap[child], keys)) {
                child++;
            }
            if (!isAfter(heap[child], moving, keys)) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = moving;
    }

    private static boolean isAfter(int a, int b, long[] keys) {
        return keys[a] > keys[b] || keys[a] == keys[b] && a > b;
    }

    private static List<HostValue> argument(EvaluationContext in, long givenAxis, boolean keepDims, boolean last, boolean largest) {
        Tensor x = in.tensor(0);
        int axis = axis(in, givenAxis);
        long size = x.size(axis);
        if (size == 0) {
            throw in.error("axis " + axis + " has no elements");
        }
        long inner = inner(x, axis);
        long[] kept = x.sizes();
        kept[axis] = 1;
        Tensor y = Tensor.zeros(DataType.INT64, kept);
        for (long lane = 0; lane < y.elements(); lane++) {
            long first = lane / inner * inner * size + lane % inner;
            long best = 0;
            long bestKey = order(x, first, largest);
            for (long i = 1; i < size; i++) {
                long key = order(x, first + i * inner, largest);
                if (last ? key >= bestKey : key > bestKey) {
                    best = i;
                    bestKey = key;
                }
            }
            y.setLong(lane, best);
        }
        if (keepDims) {
            return List.of(y);
        }
        long[] sizes = IntStream.range(0, kept.length).filter(i -> i != axis).mapToLong(i -> kept[i]).toArray();
        return List.of(y.reshaped(sizes));
    }

    /** A key that is largest for the element wanted; what is not a number is wanted before all else. */
    private static long order(Tensor x, long index, boolean largest) {
        long key = ElementOrder.key(x, index);
        boolean isNumber = !x.dataType().isFloatingPoint() || !Double.isNaN(x.getDouble(index));
        return largest || !isNumber ? key : ~key;
    }

    private static List<HostValue> unique(Ordering.Unique op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        boolean flat = op.axis().isEmpty();
        int axis = flat ? 0 : axis(in, op.axis().get());
        int count = Math.toIntExact(flat ? x.elements() : x.size(axis));
        long inner = flat ? 1 : inner(x, axis);
        long outer = 1;
        for (int i = 0; i < axis; i++) {
            outer *= x.size(i);
        }
        long[][] slices = new long[count][Math.toIntExact(outer * inner)];
        for (int slice = 0; slice < count; slice++) {
            for (int i = 0; i < slices[slice].length; i++) {
                slices[slice][i] = ElementOrder.key(x, (i / inner * count + slice) * inner + i % inner);
            }
        }
        List<Integer> order = IntStream.range(0, count).boxed()
                .sorted((a, b) -> Arrays.compare(slices[a], slices[b])).toList();
        int[] group = new int[count];
        int[] firsts = new int[count];
        int groups = 0;
        for (int i = 0; i < count; i++) {
            int slice = order.get(i);
            if (i == 0 || Arrays.compare(slices[order.get(i - 1)], slices[slice]) != 0) {
                firsts[groups++] = slice;
            }
            group[slice] = groups - 1;
        }
        int[] places = IntStream.range(0, groups).toArray();
        if (!op.sorted()) {
            places = IntStream.range(0, groups).boxed().sorted((a, b) -> Integer.compare(firsts[a], firsts[b]))
                    .mapToInt(Integer::intValue).toArray();
        }
        return uniqueResults(x, flat ? -1 : axis, places, group, firsts);
    }

    /**
     * @param places the groups in the order of the result
     * @param group each slice's group
     * @param firsts each group's first slice
     */
    private static List<HostValue> uniqueResults(Tensor x, int axis, int[] places, int[] group, int[] firsts) {
        long[] newPlace = new long[places.length];
        long[] firstSlices = new long[places.length];
        long[] counts = new long[places.length];
        for (int i = 0; i < places.length; i++) {
            newPlace[places[i]] = i;
            firstSlices[i] = firsts[places[i]];
        }
        long[] inverse = new long[group.length];
        for (int i = 0; i < group.length; i++) {
            inverse[i] = newPlace[group[i]];
            counts[(int) inverse[i]]++;
        }
        return List.of(FilteringEvaluators.slices(x, axis, firstSlices), Tensor.vector(firstSlices), Tensor.vector(inverse),
                Tensor.vector(counts));
    }
}
