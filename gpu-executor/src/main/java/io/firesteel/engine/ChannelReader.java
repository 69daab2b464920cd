package io.firesteel.engine;

import io.firesteel.backend.TensorLayout;
import java.math.BigInteger;
import java.nio.IntBuffer;
import java.util.Arrays;

/** Sums the channels of each row of an fp32 tensor at evenly spread positions, in the same order in any layout. */
final class ChannelReader {

    private static final int LEAST_POSITIONS = 17;

    /** Takes the sums of a row. */
    interface Row {
        void take(double[] sums, int positions);
    }

    private final int[] channels;
    private final int[] positions;
    private final int rowStride;

    /** @param channelAxis not the first axis, which counts rows; 1 in blocked layouts */
    ChannelReader(TensorLayout layout, int channelAxis) {
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        int block = layout.format().block();
        channels = new int[Math.toIntExact(sizes[channelAxis])];
        for (int c = 0; c < channels.length; c++) {
            channels[c] = Math.toIntExact(layout.format().isBlocked() ? c / block * strides[1] + c % block : c * strides[channelAxis]);
        }
        long count = 1;
        for (int i = 1; i < sizes.length; i++) {
            count *= i == channelAxis ? 1 : sizes[i];
        }
        long step = step(count);
        positions = new int[Math.toIntExact((count + step - 1) / step)];
        for (int p = 0; p < positions.length; p++) {
            long rest = p * step;
            long offset = 0;
            for (int i = sizes.length - 1; i > 0; i--) {
                if (i != channelAxis) {
                    offset += rest % sizes[i] * strides[i];
                    rest /= sizes[i];
                }
            }
            positions[p] = Math.toIntExact(offset);
        }
        rowStride = Math.toIntExact(strides[0]);
    }

    /** A step with no divisor in common with the number of positions, so that they do not fall into a few columns of an image. */
    private static long step(long count) {
        long step = Math.max(1, count / LEAST_POSITIONS);
        while (BigInteger.valueOf(count).gcd(BigInteger.valueOf(step)).longValue() > 1) {
            step++;
        }
        return step;
    }

    /** @param rows how many rows are read */
    void read(IntBuffer memory, long rows, Row row) {
        double[] sums = new double[channels.length];
        for (int n = 0; n < rows; n++) {
            Arrays.fill(sums, 0);
            for (int position : positions) {
                int at = n * rowStride + position;
                for (int c = 0; c < sums.length; c++) {
                    sums[c] += Float.intBitsToFloat(memory.get(at + channels[c]));
                }
            }
            row.take(sums, positions.length);
        }
    }
}
