package io.firesteel.reference;

import java.util.Arrays;

/** Maps element numbers of a broadcast result to element numbers of one operand. */
final class Broadcast {

    private final boolean same;
    private final long[] resultSizes;
    private final long[] strides;

    /**
     * @param operand the operand's sizes
     * @param result the sizes it is broadcast to
     */
    Broadcast(long[] operand, long[] result) {
        same = Arrays.equals(operand, result);
        resultSizes = result;
        strides = new long[result.length];
        long stride = 1;
        for (int i = operand.length - 1, j = result.length - 1; i >= 0; i--, j--) {
            strides[j] = operand[i] == 1 ? 0 : stride;
            stride *= operand[i];
        }
    }

    /** The operand's element for element {@code i} of the result, both in row-major order. */
    long index(long i) {
        if (same) {
            return i;
        }
        long index = 0;
        for (int axis = resultSizes.length - 1; axis >= 0; axis--) {
            index += i % resultSizes[axis] * strides[axis];
            i /= resultSizes[axis];
        }
        return index;
    }

    /** The sizes two shapes broadcast to. */
    static long[] sizes(long[] a, long[] b) {
        long[] result = new long[Math.max(a.length, b.length)];
        for (int i = 1; i <= result.length; i++) {
            long x = i <= a.length ? a[a.length - i] : 1;
            long y = i <= b.length ? b[b.length - i] : 1;
            if (x != y && x != 1 && y != 1) {
                throw new IllegalArgumentException("shapes " + Arrays.toString(a) + " and " + Arrays.toString(b) + " do not broadcast");
            }
            result[result.length - i] = x == 1 ? y : x;
        }
        return result;
    }
}
