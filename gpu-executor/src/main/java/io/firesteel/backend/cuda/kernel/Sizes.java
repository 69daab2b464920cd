package io.firesteel.backend.cuda.kernel;

import java.util.Arrays;

/** Arithmetic on tensor sizes. */
final class Sizes {

    private Sizes() { }

    static long product(long[] sizes) {
        return product(sizes, 0, sizes.length);
    }

    static long product(long[] sizes, int from, int to) {
        long n = 1;
        for (int i = from; i < to; i++) {
            n *= sizes[i];
        }
        return n;
    }

    /** The strides of a row-major tensor. */
    static long[] strides(long[] sizes) {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        return strides;
    }

    /** An axis counted from the front. */
    static int axis(long axis, int rank) {
        return (int) (axis < 0 ? axis + rank : axis);
    }

    /** Values of a tensor of lower rank for the trailing axes of a higher one, {@code fill} before them. */
    static long[] trailing(long[] values, int rank, long fill) {
        long[] result = new long[rank];
        Arrays.fill(result, fill);
        System.arraycopy(values, 0, result, rank - values.length, values.length);
        return result;
    }

    static long ceilDiv(long a, long b) {
        return (a + b - 1) / b;
    }
}
