package io.firesteel.calibration.histogram;

import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorSummary;
import io.firesteel.calibration.bytes.ByteSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The means of a tensor's channels, as sums of whole numbers, so that merging is exact, associative and commutative: a row's mean
 * counts in steps of 2^-24, whatever its neighbours. A row with a mean that is no number below 2^20 makes all of them unknown, and
 * so do more than 524,287 rows. Not safe for use by several threads.
 */
public final class ChannelMeans {

    private static final double STEPS = SummaryRequest.MEAN_STEPS;
    private static final double LARGEST = SummaryRequest.LARGEST_MEAN;
    private static final long MOST_ROWS = Long.MAX_VALUE / ((long) STEPS * (long) LARGEST);
    private static final int MOST_CHANNELS = 1 << 24;

    private final long[] sums;
    private long rows;
    private boolean known = true;

    /** @param channels how many */
    public ChannelMeans(int channels) {
        sums = new long[channels];
    }

    /**
     * Adds a row.
     *
     * @param rowSums sums of the row's elements, by channel
     * @param positions how many elements each of them sums
     */
    public void add(double[] rowSums, int positions) {
        rows++;
        for (int i = 0; i < sums.length; i++) {
            double mean = rowSums[i] / positions;
            if (!(Math.abs(mean) < LARGEST)) {
                forget();
                return;
            }
            if (known) {
                sums[i] += Math.round(mean * STEPS);
            }
        }
        if (rows > MOST_ROWS) {
            forget();
        }
    }

    /** Adds the rows that a device has summarized, with their means. */
    public void add(TensorSummary summary) {
        rows = Histogram.sum(rows, summary.rows());
        if (summary.unknown() > 0 || rows > MOST_ROWS) {
            forget();
        }
        for (int i = 0; i < sums.length && known; i++) {
            sums[i] += summary.channels()[i];
        }
    }

    private void forget() {
        known = false;
        Arrays.fill(sums, 0);
    }

    /** Adds what another has seen of the same tensor. */
    void merge(ChannelMeans other) {
        rows = Histogram.sum(rows, other.rows);
        if (!known || !other.known || other.sums.length != sums.length || rows > MOST_ROWS) {
            forget();
            return;
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] += other.sums[i];
        }
    }

    ChannelMeans copy() {
        ChannelMeans copy = new ChannelMeans(sums.length);
        copy.merge(this);
        return copy;
    }

    /** The means by channel, or none where they are unknown. */
    public double[] values() {
        double[] values = new double[known && rows > 0 ? sums.length : 0];
        for (int i = 0; i < values.length; i++) {
            values[i] = sums[i] / STEPS / rows;
        }
        return values;
    }

    byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + 1 + sums.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(rows).put((byte) (known ? 1 : 0));
        for (long sum : sums) {
            bytes.putLong(sum);
        }
        return bytes.array();
    }

    static ChannelMeans fromBytes(byte[] block, ByteSource source) {
        source.require(block.length > Long.BYTES && block.length % Long.BYTES == 1 && block.length / Long.BYTES <= MOST_CHANNELS,
                "impossible means");
        ByteBuffer bytes = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        ChannelMeans means = new ChannelMeans(block.length / Long.BYTES - 1);
        means.rows = bytes.getLong();
        means.known = bytes.get() == 1;
        for (int i = 0; i < means.sums.length; i++) {
            means.sums[i] = bytes.getLong();
        }
        source.require(means.rows >= 0, "impossible means");
        return means;
    }
}
