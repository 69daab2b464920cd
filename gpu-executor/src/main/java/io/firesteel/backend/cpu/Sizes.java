package io.firesteel.backend.cpu;

import java.util.Arrays;
import java.util.List;

/** Arithmetic on tensor sizes. */
final class Sizes {

    private Sizes() {}

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

    /** The sizes with leading ones added or removed; fails where another size would be lost. */
    static long[] ofRank(long[] sizes, int rank) {
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

    static long[] of(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
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
}
