package io.firesteel.engine;

import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorLayout;
import java.nio.IntBuffer;
import java.util.Arrays;

/** Sums the channels of each row of an fp32 tensor at evenly spread positions, in the same order in any layout. */
final class ChannelReader {

    /** Takes the sums of a row. */
    interface Row {
        void take(double[] sums, int positions);
    }

    private final int[] channels;
    private final int[] positions;
    private final int rowStride;

    /** @param request whose channel axis is not the first one, which counts rows; 1 in blocked layouts */
    ChannelReader(TensorLayout layout, SummaryRequest request) {
        int channelAxis = request.channelAxis();
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        int block = layout.format().block();
        channels = new int[Math.toIntExact(sizes[channelAxis])];
        for (int c = 0; c < channels.length; c++) {
            channels[c] = Math.toIntExact(layout.format().isBlocked() ? c / block * strides[1] + c % block : c * strides[channelAxis]);
        }
        long step = request.positionStep(sizes);
        positions = new int[request.positions(sizes)];
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
