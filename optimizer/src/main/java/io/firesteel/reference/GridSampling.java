package io.firesteel.reference;

import io.firesteel.op.Resampling;
import io.firesteel.op.Resampling.Mode;
import io.firesteel.op.Resampling.PaddingMode;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;

/** Samples data at positions given by a tensor. */
final class GridSampling {

    private static final double CUBIC_COEFFICIENT = -0.75;

    private final Resampling.GridSample op;
    private final Tensor data;
    private final long[] sizes;
    private final long[] strides;
    private final long[][] indices;
    private final double[][] weights;

    private GridSampling(Resampling.GridSample op, Tensor data) {
        this.op = op;
        this.data = data;
        sizes = Arrays.copyOfRange(data.sizes(), 2, data.rank());
        strides = StridedCopy.strides(sizes);
        int taps = op.mode() == Mode.NEAREST ? 1 : op.mode() == Mode.LINEAR ? 2 : 4;
        indices = new long[sizes.length][taps];
        weights = new double[sizes.length][taps];
    }

    static Tensor sample(Resampling.GridSample op, Tensor data, Tensor grid) {
        GridSampling sampling = new GridSampling(op, data);
        int spatial = sampling.sizes.length;
        if (grid.size(-1) != spatial || grid.size(0) != data.size(0)) {
            throw new IllegalArgumentException("positions " + grid + " do not fit data " + data);
        }
        long[] result = new long[grid.rank()];
        result[0] = data.size(0);
        result[1] = data.size(1);
        System.arraycopy(grid.sizes(), 1, result, 2, grid.rank() - 2);
        Tensor y = Tensor.zeros(data.dataType(), result);
        long points = StridedCopy.product(result, 2, result.length);
        long plane = StridedCopy.product(sampling.sizes, 0, spatial);
        for (long n = 0; n < result[0]; n++) {
            for (long p = 0; p < points; p++) {
                for (int d = 0; d < spatial; d++) {
                    sampling.aim(d, grid.getDouble((n * points + p) * spatial + spatial - 1 - d));
                }
                for (long c = 0; c < result[1]; c++) {
                    y.setDouble((n * result[1] + c) * points + p, sampling.value(0, (n * result[1] + c) * plane));
                }
            }
        }
        return y;
    }

    /** Finds the elements and weights along dimension {@code d} for a position from -1 to 1. */
    private void aim(int d, double normalized) {
        long size = sizes[d];
        double position = op.alignCorners() ? (normalized + 1) / 2 * (size - 1) : ((normalized + 1) * size - 1) / 2;
        position = op.mode() == Mode.NEAREST ? Math.rint((float) position) : (float) position;
        double low = op.alignCorners() ? 0 : -0.5;
        double high = op.alignCorners() ? size - 1 : size - 0.5;
        if (position < low || position > high) {
            position = switch (op.padding()) {
                case ZEROS -> position;
                case BORDER -> Math.max(0, Math.min(position, size - 1));
                case REFLECTION -> reflect(position, low, high);
            };
        }
        int taps = indices[d].length;
        long base = op.mode() == Mode.NEAREST ? (long) position : (long) Math.floor(position) - (taps / 2 - 1);
        for (int t = 0; t < taps; t++) {
            double distance = Math.abs(base + t - position);
            weights[d][t] = switch (op.mode()) {
                case NEAREST -> 1;
                case LINEAR -> 1 - distance;
                case CUBIC -> Cubic.kernel(distance, CUBIC_COEFFICIENT);
            };
            indices[d][t] = inside(base + t, size, low, high);
        }
    }

    /** The element an index outside the data stands for, or -1 for zero. */
    private long inside(long index, long size, double low, double high) {
        if (index >= 0 && index < size) {
            return index;
        }
        return op.padding() == PaddingMode.ZEROS ? -1
                : op.padding() == PaddingMode.BORDER ? Math.max(0, Math.min(index, size - 1))
                : Math.max(0, Math.min((long) reflect(index, low, high), size - 1));
    }

    private static double reflect(double position, double low, double high) {
        double range = high - low;
        if (range <= 0 || Double.isNaN(position) || Double.isInfinite(position)) {
            return low;
        }
        double folded = Math.abs(position - low) % (2 * range);
        return low + (folded <= range ? folded : 2 * range - folded);
    }

    private double value(int d, long offset) {
        if (d == sizes.length) {
            return data.getDouble(offset);
        }
        double sum = 0;
        for (int t = 0; t < indices[d].length; t++) {
            if (indices[d][t] >= 0) {
                sum += weights[d][t] * value(d + 1, offset + indices[d][t] * strides[d]);
            }
        }
        return sum;
    }

    /** The positions of each element of a result under affine maps. */
    static Tensor affine(Tensor theta, long[] size, boolean alignCorners) {
        int spatial = size.length - 2;
        if (theta.rank() != 3 || theta.size(1) != spatial || theta.size(2) != spatial + 1) {
            throw new IllegalArgumentException("map " + theta + " does not fit sizes " + Arrays.toString(size));
        }
        long[] result = new long[spatial + 2];
        result[0] = theta.size(0);
        System.arraycopy(size, 2, result, 1, spatial);
        result[spatial + 1] = spatial;
        Tensor y = Tensor.zeros(theta.dataType(), result);
        long points = StridedCopy.product(size, 2, size.length);
        double[] position = new double[spatial + 1];
        position[spatial] = 1;
        for (long p = 0; p < points; p++) {
            long rest = p;
            for (int d = spatial - 1; d >= 0; d--) {
                long length = size[d + 2];
                long at = rest % length;
                rest /= length;
                position[spatial - 1 - d] = !alignCorners ? (2.0 * at + 1) / length - 1 : length == 1 ? -1 : 2.0 * at / (length - 1) - 1;
            }
            for (long n = 0; n < result[0]; n++) {
                for (int row = 0; row < spatial; row++) {
                    double sum = 0;
                    for (int k = 0; k <= spatial; k++) {
                        sum += theta.getDouble((n * spatial + row) * (spatial + 1) + k) * position[k];
                    }
                    y.setDouble((n * points + p) * spatial + row, sum);
                }
            }
        }
        return y;
    }
}
