package io.firesteel.reference;

import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/** Evaluators of {@link Pooling}. */
public final class PoolingEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Pooling.MaxPool.class, PoolingEvaluators::maxPool);
        registry.add(Pooling.AveragePool.class, (op, in) -> List.of(averagePool(op, in.tensor(0))));
        registry.add(Pooling.LpPool.class, (op, in) -> List.of(lpPool(op, in.tensor(0))));
        registry.add(Pooling.GlobalAveragePool.class, (op, in) -> global(in.tensor(0), p -> Arrays.stream(p).sum() / p.length));
        registry.add(Pooling.GlobalMaxPool.class,
                (op, in) -> global(in.tensor(0), p -> Arrays.stream(p).reduce(Double.NEGATIVE_INFINITY, Math::max)));
        registry.add(Pooling.GlobalLpPool.class, (op, in) -> global(in.tensor(0),
                p -> Math.pow(Arrays.stream(p).map(v -> Math.pow(Math.abs(v), op.p())).sum(), 1.0 / op.p())));
        registry.add(Pooling.MaxUnpool.class, PoolingEvaluators::maxUnpool);
    }

    private static WindowRuns runs(PoolingWindow window, Tensor x) {
        long[] plane = plane(x);
        long[] positions = new long[plane.length];
        for (int i = 0; i < plane.length; i++) {
            positions[i] = window.positions(i, plane[i]);
        }
        return new WindowRuns(plane, positions, window.kernel().stream().mapToLong(Long::longValue).toArray(),
                window.strides(), window.dilations(), window.padsBegin());
    }

    private static long[] plane(Tensor x) {
        return Arrays.copyOfRange(x.sizes(), 2, x.rank());
    }

    private static long[] pooledSizes(PoolingWindow window, Tensor x) {
        long[] sizes = x.sizes();
        for (int i = 2; i < sizes.length; i++) {
            sizes[i] = window.positions(i - 2, sizes[i]);
        }
        return sizes;
    }

    private static List<HostValue> maxPool(Pooling.MaxPool op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        WindowRuns runs = runs(op.window(), x);
        long[] sizes = pooledSizes(op.window(), x);
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        Tensor indices = in.outputCount() > 1 ? Tensor.zeros(DataType.INT64, sizes) : null;
        int planeSize = Math.toIntExact(Elements.product(plane(x)));
        int[] order = indices != null && op.columnMajorIndices() ? columnMajor(plane(x), planeSize) : null;
        double[] best = new double[runs.positions()];
        int[] where = new int[best.length];
        long planes = x.size(0) * x.size(1);
        for (long p = 0; p < planes; p++) {
            double[] values = Elements.read(x, p * planeSize, planeSize);
            Arrays.fill(where, -1);
            Arrays.fill(best, Double.NEGATIVE_INFINITY);
            for (int k = 0; k < runs.kernelElements(); k++) {
                largest(runs.of(k), runs.step(), values, best, where);
            }
            Elements.write(y, p * best.length, best, 0, best.length);
            for (int i = 0; indices != null && i < where.length; i++) {
                indices.setLong(p * best.length + i, p * planeSize + (order == null ? where[i] : order[where[i]]));
            }
        }
        return indices == null ? List.of(y) : List.of(y, indices);
    }

    private static void largest(int[] runs, int step, double[] values, double[] best, int[] where) {
        for (int i = 0; i < runs.length; i += 3) {
            for (int j = 0; j < runs[i + 2]; j++) {
                int position = runs[i] + j;
                int element = runs[i + 1] + j * step;
                if (values[element] > best[position] || where[position] < 0 || Double.isNaN(values[element])) {
                    best[position] = values[element];
                    where[position] = element;
                }
            }
        }
    }

    /** The column-major number of each element of a plane. */
    private static int[] columnMajor(long[] plane, int size) {
        int[] numbers = new int[size];
        for (int i = 0; i < size; i++) {
            long rest = i;
            long number = 0;
            long scale = size;
            for (int axis = plane.length - 1; axis >= 0; axis--) {
                scale /= plane[axis];
                number += rest % plane[axis] * scale;
                rest /= plane[axis];
            }
            numbers[i] = (int) number;
        }
        return numbers;
    }

    private static Tensor averagePool(Pooling.AveragePool op, Tensor x) {
        PoolingWindow window = op.window();
        WindowRuns runs = runs(window, x);
        long[] plane = plane(x);
        double[] counts = new double[runs.positions()];
        if (op.countIncludePad()) {
            long[] padded = new long[plane.length];
            long[] positions = new long[plane.length];
            for (int i = 0; i < plane.length; i++) {
                padded[i] = plane[i] + window.padsBegin().get(i) + window.padsEnd().get(i);
                positions[i] = window.positions(i, plane[i]);
            }
            count(new WindowRuns(padded, positions, window.kernel().stream().mapToLong(Long::longValue).toArray(),
                    window.strides(), window.dilations(), Collections.nCopies(plane.length, 0L)), counts);
        } else {
            count(runs, counts);
        }
        return pool(x, runs, pooledSizes(window, x), v -> v, (sum, i) -> sum / counts[i]);
    }

    private static void count(WindowRuns runs, double[] counts) {
        for (int k = 0; k < runs.kernelElements(); k++) {
            int[] triples = runs.of(k);
            for (int i = 0; i < triples.length; i += 3) {
                for (int j = 0; j < triples[i + 2]; j++) {
                    counts[triples[i] + j]++;
                }
            }
        }
    }

    private static Tensor lpPool(Pooling.LpPool op, Tensor x) {
        return pool(x, runs(op.window(), x), pooledSizes(op.window(), x), v -> Math.pow(Math.abs(v), op.p()),
                (sum, i) -> Math.pow(sum, 1.0 / op.p()));
    }

    private interface Finish {
        double apply(double sum, int position);
    }

    private static Tensor pool(Tensor x, WindowRuns runs, long[] sizes, DoubleUnaryOperator term, Finish finish) {
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        int planeSize = Math.toIntExact(Elements.product(plane(x)));
        double[] sums = new double[runs.positions()];
        long planes = x.size(0) * x.size(1);
        for (long p = 0; p < planes; p++) {
            double[] values = Elements.read(x, p * planeSize, planeSize);
            for (int i = 0; i < values.length; i++) {
                values[i] = term.applyAsDouble(values[i]);
            }
            Arrays.fill(sums, 0);
            for (int k = 0; k < runs.kernelElements(); k++) {
                runs.gather(k, 1, values, 0, sums, 0);
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] = finish.apply(sums[i], i);
            }
            Elements.write(y, p * sums.length, sums, 0, sums.length);
        }
        return y;
    }

    private static List<HostValue> global(Tensor x, ToDoubleFunction<double[]> reduce) {
        long[] sizes = x.sizes();
        Arrays.fill(sizes, 2, sizes.length, 1);
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        int planeSize = Math.toIntExact(Elements.product(plane(x)));
        for (long p = 0; p < y.elements(); p++) {
            y.setDouble(p, reduce.applyAsDouble(Elements.read(x, p * planeSize, planeSize)));
        }
        return List.of(y);
    }

    private static List<HostValue> maxUnpool(Pooling.MaxUnpool op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor indices = in.tensor(1);
        PoolingWindow window = op.window();
        long[] implied = x.sizes();
        for (int i = 2; i < implied.length; i++) {
            implied[i] = (implied[i] - 1) * window.strides().get(i - 2) + window.kernel().get(i - 2)
                    - window.padsBegin().get(i - 2) - window.padsEnd().get(i - 2);
        }
        long[] sizes = in.hasInput(2) ? in.tensor(2).toLongs() : implied;
        if (sizes.length != implied.length) {
            throw in.error("the result's shape must have " + implied.length + " dimensions, has " + sizes.length);
        }
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long impliedElements = Elements.product(implied);
        for (long i = 0; i < x.elements(); i++) {
            long rest = indices.getLong(i);
            if (rest < 0 || rest >= impliedElements) {
                throw in.error("position " + rest + " is outside the unpooled data");
            }
            long at = 0;
            long scale = 1;
            for (int axis = implied.length - 1; axis >= 0; axis--) {
                long coordinate = rest % implied[axis];
                if (coordinate >= sizes[axis]) {
                    throw in.error("position " + indices.getLong(i) + " is outside the result's shape " + Arrays.toString(sizes));
                }
                at += coordinate * scale;
                scale *= sizes[axis];
                rest /= implied[axis];
            }
            y.setDouble(at, x.getDouble(i));
        }
        return List.of(y);
    }
}
