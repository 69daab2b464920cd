package io.firesteel.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which element of a plane each element of a sliding window meets, as runs: for one element of the kernel, {@code count}
 * consecutive window positions from {@code position} on meet plane elements {@code element, element + step, ...}. Window
 * positions over padding meet nothing. Adjoining runs are merged.
 */
final class WindowRuns {

    /** Positions of one kernel element: (position, element, count) triples. */
    private final int[][] runs;
    private final int step;
    private final int positions;

    /**
     * @param plane sizes of the spatial axes of the data; every list has as many entries
     * @param positions window positions along each axis
     * @param kernel sizes of the window
     * @param pads padding before each axis
     */
    WindowRuns(long[] plane, long[] positions, long[] kernel, List<Long> strides, List<Long> dilations, List<Long> pads) {
        int rank = plane.length;
        this.step = rank == 0 ? 1 : Math.toIntExact(strides.get(rank - 1));
        this.positions = Math.toIntExact(Elements.product(positions));
        this.runs = new int[Math.toIntExact(Elements.product(kernel))][];
        Math.toIntExact(Elements.product(plane));
        long[] offsets = new long[rank];
        for (int k = 0; k < runs.length; k++) {
            long rest = k;
            for (int axis = rank - 1; axis >= 0; axis--) {
                offsets[axis] = rest % kernel[axis] * dilations.get(axis) - pads.get(axis);
                rest /= kernel[axis];
            }
            runs[k] = runs(plane, positions, offsets, strides);
        }
    }

    private int[] runs(long[] plane, long[] positions, long[] offsets, List<Long> strides) {
        int rank = plane.length;
        if (rank == 0) {
            return new int[] {0, 0, 1};
        }
        long stride = strides.get(rank - 1);
        long offset = offsets[rank - 1];
        long size = plane[rank - 1];
        long first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
        long last = Math.min(positions[rank - 1] - 1, Math.floorDiv(size - 1 - offset, stride));
        int count = (int) Math.max(0, last - first + 1);
        List<int[]> found = new ArrayList<>();
        long rows = this.positions / Math.max(1, positions[rank - 1]);
        for (long row = 0; row < rows && count > 0; row++) {
            long element = elementOfRow(row, plane, positions, offsets, strides);
            if (element < 0) {
                continue;
            }
            int position = (int) (row * positions[rank - 1] + first);
            int at = (int) (element * size + first * stride + offset);
            int[] previous = found.isEmpty() ? null : found.get(found.size() - 1);
            if (previous != null && previous[0] + previous[2] == position && previous[1] + previous[2] * step == at) {
                previous[2] += count;
            } else {
                found.add(new int[] {position, at, count});
            }
        }
        return found.stream().flatMapToInt(Arrays::stream).toArray();
    }

    /** The row of the plane that a row of window positions meets, or -1 over padding. */
    private static long elementOfRow(long row, long[] plane, long[] positions, long[] offsets, List<Long> strides) {
        long element = 0;
        long scale = 1;
        for (int axis = plane.length - 2; axis >= 0; axis--) {
            long at = row % positions[axis] * strides.get(axis) + offsets[axis];
            row /= positions[axis];
            if (at < 0 || at >= plane[axis]) {
                return -1;
            }
            element += at * scale;
            scale *= plane[axis];
        }
        return element;
    }

    int kernelElements() {
        return runs.length;
    }

    int positions() {
        return positions;
    }

    /** The runs of kernel element {@code k}: (position, element, count) triples. */
    int[] of(int k) {
        return runs[k];
    }

    /** Distance between plane elements that neighbouring positions of one run meet. */
    int step() {
        return step;
    }

    /** {@code result[position] += weight * plane[element]} over the runs of kernel element {@code k}. */
    void gather(int k, double weight, double[] plane, int planeAt, double[] result, int resultAt) {
        int[] triples = runs[k];
        for (int i = 0; i < triples.length; i += 3) {
            int to = resultAt + triples[i];
            int from = planeAt + triples[i + 1];
            int count = triples[i + 2];
            if (step == 1) {
                for (int j = 0; j < count; j++) {
                    result[to + j] += weight * plane[from + j];
                }
            } else {
                for (int j = 0; j < count; j++) {
                    result[to + j] += weight * plane[from + j * step];
                }
            }
        }
    }

    /** {@code plane[element] += weight * values[position]} over the runs of kernel element {@code k}. */
    void scatter(int k, double weight, double[] values, int valuesAt, double[] plane, int planeAt) {
        int[] triples = runs[k];
        for (int i = 0; i < triples.length; i += 3) {
            int from = valuesAt + triples[i];
            int to = planeAt + triples[i + 1];
            int count = triples[i + 2];
            for (int j = 0; j < count; j++) {
                plane[to + j * step] += weight * values[from + j];
            }
        }
    }
}
