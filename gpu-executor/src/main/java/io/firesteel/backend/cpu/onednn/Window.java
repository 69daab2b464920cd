package io.firesteel.backend.cpu.onednn;

import java.util.Arrays;

/**
 * How a kernel slides over the spatial dimensions; each array has one entry for each of them.
 *
 * @param strides steps between positions
 * @param dilations distance between taps, 1 where they are adjacent (ONNX's meaning, not oneDNN's)
 * @param padBegin zeros before
 * @param padEnd zeros after; for transposed convolution, what is cut from the end
 */
public record Window(long[] strides, long[] dilations, long[] padBegin, long[] padEnd) {

    /** The same stride and padding in {@code rank} dimensions, no dilation. */
    public static Window uniform(int rank, long stride, long pad) {
        long[] ones = new long[rank];
        long[] strides = new long[rank];
        long[] pads = new long[rank];
        Arrays.fill(ones, 1);
        Arrays.fill(strides, stride);
        Arrays.fill(pads, pad);
        return new Window(strides, ones, pads, pads);
    }

    long[] gaps() {
        long[] gaps = dilations.clone();
        for (int i = 0; i < gaps.length; i++) {
            gaps[i]--;
        }
        return gaps;
    }
}
