package io.firesteel.backend;

import java.math.BigInteger;

/**
 * What is asked about an fp32 tensor's elements.
 *
 * @param bins of the histogram, a power of two
 * @param stride of each block of {@link #BLOCK} elements, in the order of memory, every how many of the finite ones are counted in the bins
 * @param rowAxis the axis that counts rows
 * @param limit how many elements of that axis are looked at
 * @param channelAxis the axis whose channels' means are wanted, where rows are the first axis; otherwise -1
 */
public record SummaryRequest(int bins, int stride, int rowAxis, long limit, int channelAxis) {

    /** Elements that are counted together. */
    public static final int BLOCK = 4096;

    /** The mean of a row's channel counts in whole numbers of this part of 1, rounded to the nearest, halves up: their sums are exact. */
    public static final double MEAN_STEPS = 1 << 24;

    /** Means from here on are unknown. */
    public static final double LARGEST_MEAN = 1 << 20;

    private static final int LEAST_POSITIONS = 17;

    /** How many positions lie beside each other in one row of one channel. */
    private long count(long[] sizes) {
        long count = 1;
        for (int i = 1; i < sizes.length; i++) {
            count *= i == channelAxis ? 1 : sizes[i];
        }
        return count;
    }

    /**
     * The distance of the positions at which channels are summed, in the order of the axes other than the channels'. It has no divisor in
     * common with the number of positions, so that they do not fall into a few columns of an image.
     */
    public long positionStep(long[] sizes) {
        long count = count(sizes);
        long step = Math.max(1, count / LEAST_POSITIONS);
        while (BigInteger.valueOf(count).gcd(BigInteger.valueOf(step)).longValue() > 1) {
            step++;
        }
        return step;
    }

    /** How many positions are summed. */
    public int positions(long[] sizes) {
        return Math.toIntExact(Sizes.ceilDiv(count(sizes), positionStep(sizes)));
    }

    /** Whether channels of a tensor are summed. */
    public boolean sumsChannels() {
        return channelAxis > 0 && rowAxis == 0;
    }
}
