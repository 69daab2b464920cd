package io.firesteel.backend;

import java.util.Arrays;
import java.util.List;

/** Arithmetic on tensor sizes. */
public final class Sizes {

    private Sizes() { }

    /** The sizes of a list. */
    public static long[] of(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    /** How many elements there are. */
    public static long product(long[] sizes) {
        return product(sizes, 0, sizes.length);
    }

    /** How many elements the axes from {@code from} to before {@code to} have. */
    public static long product(long[] sizes, int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            product *= sizes[i];
        }
        return product;
    }

    /** The strides of a row-major tensor. */
    public static long[] strides(long[] sizes) {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        return strides;
    }

    /** The sizes with leading ones added or removed; fails where another size would be lost. */
    public static long[] ofRank(long[] sizes, int rank) {
        long[] result = new long[rank];
        Arrays.fill(result, 1);
        for (int i = 0; i < sizes.length; i++) {
            int at = i + rank - sizes.length;
            if (at >= 0) {
                result[at] = sizes[i];
            } else if (sizes[i] != 1) {
                throw new IllegalArgumentException(Arrays.toString(sizes) + " does not fit rank " + rank);
            }
        }
        return result;
    }

    /** Values of a tensor of lower rank for the trailing axes of a higher one, {@code fill} before them. */
    public static long[] trailing(long[] values, int rank, long fill) {
        long[] result = new long[rank];
        Arrays.fill(result, fill);
        System.arraycopy(values, 0, result, rank - values.length, values.length);
        return result;
    }

    /** An axis counted from the front. */
    public static int axis(long axis, int rank) {
        return (int) (axis < 0 ? axis + rank : axis);
    }

    /** The quotient, rounded up. */
    public static long ceilDiv(long a, long b) {
        return (a + b - 1) / b;
    }

    /** The smallest multiple that is not smaller. */
    public static long roundUp(long value, long multiple) {
        return ceilDiv(value, multiple) * multiple;
    }
}
