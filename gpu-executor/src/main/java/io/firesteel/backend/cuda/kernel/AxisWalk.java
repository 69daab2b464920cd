package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The axes that several operands are walked along together: ordered by the first operand's strides, axes of size 1 left out,
 * neighbours joined where all operands run through both alike.
 *
 * @param sizes elements along each axis, the innermost last; at least one axis
 * @param strides for each operand the distance in elements along each axis
 */
record AxisWalk(long[] sizes, long[][] strides) {

    static AxisWalk of(long[] sizes, long[]... strides) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] != 1) {
                order.add(i);
            }
        }
        order.sort(Comparator.comparingLong((Integer i) -> Math.abs(strides[0][i])).reversed());
        List<long[]> axes = new ArrayList<>();
        for (int axis : order) {
            long[] next = new long[strides.length + 1];
            next[0] = sizes[axis];
            for (int k = 0; k < strides.length; k++) {
                next[k + 1] = strides[k][axis];
            }
            long[] last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
            if (last != null && joins(last, next)) {
                next[0] *= last[0];
                axes.set(axes.size() - 1, next);
            } else {
                axes.add(next);
            }
        }
        if (axes.isEmpty()) {
            axes.add(new long[strides.length + 1]);
            axes.get(0)[0] = 1;
        }
        long[] joined = new long[axes.size()];
        long[][] moved = new long[strides.length][axes.size()];
        for (int i = 0; i < joined.length; i++) {
            joined[i] = axes.get(i)[0];
            for (int k = 0; k < strides.length; k++) {
                moved[k][i] = axes.get(i)[k + 1];
            }
        }
        return new AxisWalk(joined, moved);
    }

    private static boolean joins(long[] outer, long[] inner) {
        for (int k = 1; k < outer.length; k++) {
            if (outer[k] != inner[k] * inner[0]) {
                return false;
            }
        }
        return true;
    }

    int last() {
        return sizes.length - 1;
    }

    long elements() {
        return Sizes.product(sizes);
    }

    /** How many neighbours along the innermost axis can be moved at once, at most {@code most}, a power of two. */
    int vector(int most) {
        int width = most;
        while (width > 1 && !divides(width)) {
            width /= 2;
        }
        return width;
    }

    private boolean divides(int width) {
        if (sizes[last()] % width != 0) {
            return false;
        }
        for (long[] operand : strides) {
            if (operand[last()] == 1) {
                for (int i = 0; i < last(); i++) {
                    if (operand[i] % width != 0) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** Whether the innermost axis is contiguous, or constant, in every operand. */
    boolean isContiguous(int operand) {
        return strides[operand][last()] == 1;
    }
}
