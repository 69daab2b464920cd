package io.firesteel.reference;

import java.util.Arrays;

/**
 * Visits the elements of a broadcast result in row-major order, in runs along which each operand either advances with the
 * result (step 1) or stands still (step 0).
 */
final class BroadcastRuns {

    /** What is done with one run. */
    @FunctionalInterface
    interface Run {
        /**
         * @param result the run's first element of the result
         * @param starts each operand's element there; valid during the call only
         */
        void accept(long result, long[] starts);
    }

    private final long[] sizes;
    private final long[][] strides;

    /**
     * @param result the sizes of the result
     * @param operands the sizes of each operand, each broadcastable to the result
     */
    BroadcastRuns(long[] result, long[]... operands) {
        long[] merged = new long[result.length + 1];
        long[][] mergedStrides = new long[operands.length][result.length + 1];
        int count = 0;
        long[] inner = new long[operands.length];
        Arrays.fill(inner, 1);
        for (int back = 1; back <= result.length; back++) {
            long size = result[result.length - back];
            long[] stride = new long[operands.length];
            boolean joins = count > 0;
            for (int k = 0; k < operands.length; k++) {
                long own = back <= operands[k].length ? operands[k][operands[k].length - back] : 1;
                stride[k] = own == 1 ? 0 : inner[k];
                inner[k] *= own;
                joins = joins && stride[k] == mergedStrides[k][count - 1] * merged[count - 1];
            }
            if (size == 1) {
                continue;
            }
            if (joins) {
                merged[count - 1] *= size;
            } else {
                for (int k = 0; k < operands.length; k++) {
                    mergedStrides[k][count] = stride[k];
                }
                merged[count++] = size;
            }
        }
        if (count == 0) {
            merged[count++] = 1;
        }
        sizes = Arrays.copyOf(merged, count);
        strides = mergedStrides;
    }

    /** The number of elements in each run. */
    long length() {
        return sizes[0];
    }

    /** Whether the operand advances along a run: 1 or 0. */
    int step(int operand) {
        return (int) strides[operand][0];
    }

    /** Visits every run. */
    void forEach(Run run) {
        for (long size : sizes) {
            if (size == 0) {
                return;
            }
        }
        long[] position = new long[sizes.length];
        long[] starts = new long[strides.length];
        for (long result = 0;; result += sizes[0]) {
            run.accept(result, starts);
            int axis = 1;
            for (; axis < sizes.length; axis++) {
                for (int k = 0; k < starts.length; k++) {
                    starts[k] += strides[k][axis];
                }
                if (++position[axis] < sizes[axis]) {
                    break;
                }
                for (int k = 0; k < starts.length; k++) {
                    starts[k] -= strides[k][axis] * sizes[axis];
                }
                position[axis] = 0;
            }
            if (axis == sizes.length) {
                return;
            }
        }
    }
}
