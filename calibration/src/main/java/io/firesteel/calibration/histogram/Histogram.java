package io.firesteel.calibration.histogram;

import io.firesteel.FiresteelException;
import io.firesteel.backend.TensorSummary;
import io.firesteel.backend.cpu.scan.FloatExtremes;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * A mergeable histogram of |x| over the float elements of one tensor.
 *
 * <p>Bin {@code i} holds the magnitudes in {@code [i * 2^e, (i + 1) * 2^e)}. The exponent {@code e} depends on the
 * largest finite magnitude seen and on nothing else: it is the smallest with {@code largest < bins * 2^e}. Where only
 * zeros were seen it is unset. When a larger magnitude arrives, neighbouring bins are added in pairs, which moves no
 * value across an edge; merging is therefore exact, associative and commutative, and {@link #toBytes()} gives the same
 * bytes for the same multiset of values however they were ordered or divided.
 *
 * <p>NaN and infinite elements are counted apart and enter neither the bins nor the minimum and maximum. Counts are
 * 64-bit. Not safe for use by several threads; give each its own and merge them.
 */
public final class Histogram {

    /** Bins of a histogram where nothing else is asked for. */
    public static final int DEFAULT_BINS = 4096;

    private static final int MIN_BINS = 256;
    private static final int MAX_BINS = 65_536;

    private static final int UNSET = Integer.MIN_VALUE;
    private static final int BLOCK = 4096;
    private static final int POSITIVE_INFINITY_BITS = 0x7f800000;
    private static final int NEGATIVE_INFINITY_BITS = 0xff800000;

    private final int bins;
    private final int log2Bins;
    private final long[] counts;
    private int exponent = UNSET;
    private double inverseWidth;
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;
    private long finite;
    private long zeros;
    private long nans;
    private long infinities;
    private boolean sampled;

    /** An empty histogram of {@value #DEFAULT_BINS} bins. */
    public Histogram() {
        this(DEFAULT_BINS);
    }

    /**
     * An empty histogram.
     *
     * @param bins a power of two from 256 to 65,536
     * @throws FiresteelException {@code CALIBRATION_OPTION} for any other number
     */
    public Histogram(int bins) {
        this.bins = requireBins(bins);
        this.log2Bins = Integer.numberOfTrailingZeros(bins);
        this.counts = new long[bins];
    }

    static int requireBins(int bins) {
        if (bins < MIN_BINS || bins > MAX_BINS || Integer.bitCount(bins) != 1) {
            throw FiresteelException.user("CALIBRATION_OPTION",
                    "bins = " + bins + ": give a power of two from " + MIN_BINS + " to " + MAX_BINS);
        }
        return bins;
    }

    /** A histogram from its parts; the caller has checked that they belong together. */
    static Histogram of(int bins, boolean sampled, float min, float max, long zeros, long nans, long infinities,
            long[] nonZeroCounts) {
        Histogram histogram = new Histogram(bins);
        histogram.sampled = sampled;
        histogram.growTo(Math.max(Math.abs(min), Math.abs(max)));
        System.arraycopy(nonZeroCounts, 0, histogram.counts, 0, nonZeroCounts.length);
        histogram.counts[0] += zeros;
        histogram.finite = Arrays.stream(nonZeroCounts).reduce(zeros, Math::addExact);
        if (histogram.finite > 0) {
            histogram.min = min + 0.0f;
            histogram.max = max + 0.0f;
        }
        histogram.zeros = zeros;
        histogram.nans = nans;
        histogram.infinities = infinities;
        return histogram;
    }

    /**
     * Adds the elements {@code from} (inclusive) to {@code to} (exclusive).
     *
     * @throws IndexOutOfBoundsException where the range does not lie within the array
     */
    public void observe(float[] values, int from, int to) {
        Objects.checkFromToIndex(from, to, values.length);
        observe(FloatBuffer.wrap(values), from, to);
    }

    /**
     * Adds the elements at the absolute indices {@code from} (inclusive) to {@code to} (exclusive); position and limit
     * of the buffer stay as they are.
     *
     * @throws IndexOutOfBoundsException where the range does not lie below the buffer's limit
     */
    public void observe(FloatBuffer values, int from, int to) {
        Objects.checkFromToIndex(from, to, values.limit());
        int[] bits = new int[Math.min(BLOCK, to - from)];
        for (int start = from; start < to;) {
            int length = Math.min(BLOCK, to - start);
            for (int i = 0; i < length; i++) {
                bits[i] = Float.floatToRawIntBits(values.get(start + i));
            }
            observe(bits, length, 1);
            start += length;
        }
    }

    /**
     * Adds elements given by their IEEE 754 bits, counting only every {@code stride}-th in the bins; minimum, maximum, NaN
     * and infinities are exact. A histogram that was given a stride above 1 is {@linkplain #sampled() sampled} from then on.
     *
     * @param count elements, from index 0
     * @param stride 1 or more; the first element is always counted
     * @throws IndexOutOfBoundsException where there are fewer
     */
    public void observe(int[] bits, int count, int stride) {
        Objects.checkFromToIndex(0, count, bits.length);
        if (stride < 1) {
            throw new IllegalArgumentException("stride " + stride);
        }
        sampled |= stride > 1;
        long extremes = FloatExtremes.of(bits, count);
        int low = FloatExtremes.low(extremes);
        int high = FloatExtremes.high(extremes);
        if (low > FloatExtremes.key(NEGATIVE_INFINITY_BITS) && high < POSITIVE_INFINITY_BITS) {
            if (count > 0) {
                observeBits(bits, count, stride, Float.intBitsToFloat(FloatExtremes.key(low)), Float.intBitsToFloat(FloatExtremes.key(high)));
            }
        } else {
            observeSome(bits, count, stride);
        }
    }

    /**
     * Adds the elements that a device has summarized.
     *
     * @param summary with as many bins as this has
     * @param stride with which it counted
     */
    public void observe(TensorSummary summary, int stride) {
        long[] others = summary.counts();
        if (others.length != bins) {
            throw differentBins(bins, others.length);
        }
        long counted = summary.zeros();
        for (long count : others) {
            counted += count;
        }
        long mergedFinite = sum(finite, counted);
        long mergedNans = sum(nans, summary.nans());
        infinities = sum(infinities, summary.infinities());
        finite = mergedFinite;
        nans = mergedNans;
        sampled |= stride > 1;
        zeros += summary.zeros();
        counts[0] += summary.zeros();
        if (summary.low() <= summary.high()) {
            float low = Float.intBitsToFloat(FloatExtremes.key(summary.low())) + 0.0f;
            float high = Float.intBitsToFloat(FloatExtremes.key(summary.high())) + 0.0f;
            min = Math.min(min, low);
            max = Math.max(max, high);
            float largest = Math.max(Math.abs(low), Math.abs(high));
            growTo(largest);
            int shift = largest == 0 ? 0 : Math.min(exponent - exponentFor(largest, log2Bins), Integer.SIZE - 1);
            for (int i = 0; i < bins; i++) {
                counts[i >> shift] += others[i];
            }
        }
    }

    /** A block with NaN or infinite elements. */
    private void observeSome(int[] bits, int count, int stride) {
        int[] kept = new int[count];
        int length = 0;
        int notANumber = 0;
        for (int i = 0; i < count; i++) {
            float value = Float.intBitsToFloat(bits[i]);
            if (Float.isFinite(value)) {
                kept[length++] = bits[i];
            } else if (Float.isNaN(value)) {
                notANumber++;
            }
        }
        nans = sum(nans, notANumber);
        infinities = sum(infinities, count - length - notANumber);
        observe(kept, length, stride);
    }

    private void observeBits(int[] bits, int count, int stride, float low, float high) {
        int counted = (count + stride - 1) / stride;
        finite = sum(finite, counted);
        min = Math.min(min, low + 0.0f);
        max = Math.max(max, high + 0.0f);
        growTo(Math.max(Math.abs(low), Math.abs(high)));
        if (exponent == UNSET) {
            counts[0] += counted;
            zeros += counted;
            return;
        }
        long[] slots = counts;
        double scale = inverseWidth;
        int nonZero = 0;
        for (int i = 0; i < count; i += stride) {
            int magnitude = bits[i] & Integer.MAX_VALUE;
            nonZero += -magnitude >>> 31;
            slots[(int) (Float.intBitsToFloat(magnitude) * scale)]++;
        }
        zeros += counted - nonZero;
    }

    /**
     * Adds what another histogram has seen; the other stays as it is.
     *
     * @throws FiresteelException {@code CALIBRATION_MERGE} where the numbers of bins differ or a count would
     *     pass 2^63 - 1; this histogram is then unchanged
     */
    public void merge(Histogram other) {
        if (other.bins != bins) {
            throw differentBins(bins, other.bins);
        }
        long mergedFinite = sum(finite, other.finite);
        long mergedNans = sum(nans, other.nans);
        long mergedInfinities = sum(infinities, other.infinities);
        if (other.exponent == UNSET) {
            counts[0] += other.zeros;
        } else {
            growTo(other.largest());
            int shift = Math.min(exponent - other.exponent, Integer.SIZE - 1);
            for (int i = 0; i < bins; i++) {
                counts[i >> shift] += other.counts[i];
            }
        }
        finite = mergedFinite;
        nans = mergedNans;
        infinities = mergedInfinities;
        sampled |= other.sampled;
        zeros += other.zeros;
        min = Math.min(min, other.min);
        max = Math.max(max, other.max);
    }

    static FiresteelException differentBins(int bins, int others) {
        return FiresteelException.user("CALIBRATION_MERGE", "a histogram of " + bins + " bins cannot take one of "
                + others + ": calibrate both with the same number of bins");
    }

    /** The sum of two counts, neither below 0. */
    static long sum(long a, long b) {
        long sum = a + b;
        if (sum < 0) {
            throw FiresteelException.user("CALIBRATION_MERGE",
                    "a calibration count passes 2^63 - 1: calibrate with fewer rows");
        }
        return sum;
    }

    private void growTo(float magnitude) {
        if (magnitude == 0) {
            return;
        }
        int needed = exponentFor(magnitude, log2Bins);
        if (needed <= exponent) {
            return;
        }
        if (exponent != UNSET) {
            int shift = Math.min(needed - exponent, Integer.SIZE - 1);
            for (int i = 1; i < bins; i++) {
                long count = counts[i];
                counts[i] = 0;
                counts[i >> shift] += count;
            }
        }
        exponent = needed;
        inverseWidth = Math.scalb(1.0, -needed);
    }

    /** The smallest e with magnitude below 2^(log2Bins + e); every float, subnormal too, is a normal double. */
    static int exponentFor(float magnitude, int log2Bins) {
        return Math.getExponent((double) magnitude) + 1 - log2Bins;
    }

    /** A copy that shares nothing with this. */
    public Histogram copy() {
        Histogram copy = new Histogram(bins);
        copy.merge(this);
        return copy;
    }

    /** The number of bins. */
    public int bins() {
        return bins;
    }

    /** The exponent e of the bin width 2^e; empty where nothing but zeros was seen. */
    public OptionalInt exponent() {
        return exponent == UNSET ? OptionalInt.empty() : OptionalInt.of(exponent);
    }

    /** The width of a bin, 2^e; 0 where nothing but zeros was seen. */
    public double binWidth() {
        return exponent == UNSET ? 0 : Math.scalb(1.0, exponent);
    }

    /**
     * How many elements fell into a bin; bin 0 includes the zeros.
     *
     * @throws IndexOutOfBoundsException where there is no such bin
     */
    public long count(int bin) {
        Objects.checkIndex(bin, bins);
        return counts[bin];
    }

    /** A copy of the bin counts; bin 0 includes the zeros. */
    public long[] counts() {
        return counts.clone();
    }

    /** One more than the index of the bin that holds the largest magnitude; 0 where nothing but zeros was seen. */
    public int usedBins() {
        return exponent == UNSET ? 0 : (int) (largest() * inverseWidth) + 1;
    }

    /** Whether the bins count a sample of the elements; minimum, maximum, NaN and infinities are those of all. */
    public boolean sampled() {
        return sampled;
    }

    /** How many finite elements were counted: the sum of all bins. */
    public long finite() {
        return finite;
    }

    /** How many of the elements counted were exactly zero, of either sign. */
    public long zeros() {
        return zeros;
    }

    /** How many elements were NaN. */
    public long nans() {
        return nans;
    }

    /** How many elements were infinite, of either sign. */
    public long infinities() {
        return infinities;
    }

    /** The smallest finite element, exactly; NaN where none was seen. A negative zero counts as zero. */
    public float min() {
        return finite == 0 ? Float.NaN : min;
    }

    /** The largest finite element, exactly; NaN where none was seen. A negative zero counts as zero. */
    public float max() {
        return finite == 0 ? Float.NaN : max;
    }

    /** The largest finite magnitude, exactly; 0 where no finite element was seen. */
    public float largest() {
        return finite == 0 ? 0 : Math.max(Math.abs(min), Math.abs(max));
    }

    /**
     * The histogram as a compact, versioned sequence of bytes, little endian, with a checksum. Equal contents give
     * equal bytes.
     */
    public byte[] toBytes() {
        return HistogramCodec.write(this);
    }

    /**
     * The histogram that {@link #toBytes()} wrote.
     *
     * @throws FiresteelException {@code CALIBRATION_DAMAGED} where the bytes are truncated, changed, inconsistent, or
     *     of a later version
     */
    public static Histogram fromBytes(byte[] bytes) {
        return HistogramCodec.read(bytes);
    }

    @Override
    public String toString() {
        return "Histogram[finite=" + finite + ", min=" + min() + ", max=" + max() + ", bins=" + bins + ", width="
                + binWidth() + "]";
    }
}
