package io.firesteel.backend;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a device found in an fp32 tensor: see {@link SummaryRequest}.
 *
 * @param low key of the smallest finite element: its bits, those but the sign inverted where it is negative; above {@code high} where none
 *        is finite
 * @param high key of the largest
 * @param zeros of those counted, how many are zero
 * @param nans elements that are not a number
 * @param infinities elements that are infinite
 * @param counts of the others counted, by magnitude: bins as wide as the smallest power of two with which all finite elements fit
 * @param channels sums of the rows' means of each channel, see {@link SummaryRequest#MEAN_STEPS}; empty where they were not asked for
 * @param unknown how many of those means are no number below {@link SummaryRequest#LARGEST_MEAN}; they are missing in {@code channels}
 * @param rows that were looked at
 */
public record TensorSummary(int low, int high, long zeros, long nans, long infinities, long[] counts, long[] channels, long unknown,
        long rows) {

    private static final int LOW = 0;
    private static final int HIGH = 1;
    private static final int ZEROS = 2;
    private static final int NANS = 3;
    private static final int INFINITIES = 4;
    private static final int UNKNOWN = 5;
    private static final int COUNTS = 8;

    /**
     * Bytes of the record that a device writes: eight numbers of 64 bits, the counts, the sums of channels. The first two are how far the
     * lowest key lies below 2^31 and the highest above -2^31 - 1, so that zeros stand for nothing seen.
     */
    public static long bytes(SummaryRequest request, long[] sizes) {
        return (COUNTS + request.bins() + channels(request, sizes)) * Long.BYTES;
    }

    private static long channels(SummaryRequest request, long[] sizes) {
        return request.sumsChannels() ? sizes[request.channelAxis()] : 0;
    }

    /** Reads such a record from a buffer's position. */
    public static TensorSummary read(ByteBuffer buffer, SummaryRequest request, long[] sizes) {
        ByteBuffer record = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        long[] counts = new long[request.bins()];
        record.asLongBuffer().get(COUNTS, counts);
        long[] channels = new long[Math.toIntExact(channels(request, sizes))];
        record.asLongBuffer().get(COUNTS + counts.length, channels);
        int low = (int) Math.min(Integer.MAX_VALUE, (1L << 31) - record.getLong(LOW * Long.BYTES));
        int high = (int) Math.max(Integer.MIN_VALUE, record.getLong(HIGH * Long.BYTES) - (1L << 31) - 1);
        return new TensorSummary(low, high,
                record.getLong(ZEROS * Long.BYTES), record.getLong(NANS * Long.BYTES), record.getLong(INFINITIES * Long.BYTES), counts,
                channels, record.getLong(UNKNOWN * Long.BYTES), request.limit());
    }
}
