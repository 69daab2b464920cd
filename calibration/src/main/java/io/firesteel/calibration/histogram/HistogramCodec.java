package io.firesteel.calibration.histogram;

import io.firesteel.calibration.bytes.ByteSink;
import io.firesteel.calibration.bytes.ByteSource;
import java.util.Arrays;

/**
 * The bytes of a {@link Histogram}, little endian:
 *
 * <pre>
 * magic "FSHG", version u16, log2(bins) u8, sampled u8 (0 or 1), min f32, max f32 (0 and 0 where no finite element was seen),
 * varints: NaN count, infinity count, zero count, then the counts, zeros left out, of the bins 0 to the one that holds
 * the largest magnitude; a run of empty bins is a 0 and its length,
 * CRC-32C u32 of all that stands before
 * </pre>
 *
 * <p>Bin width and number of used bins follow from min and max. There is one encoding of a histogram and the reader
 * takes no other.
 */
final class HistogramCodec {

    private static final byte[] MAGIC = {'F', 'S', 'H', 'G'};
    private static final int VERSION = 1;

    private HistogramCodec() {
    }

    static byte[] write(Histogram histogram) {
        ByteSink sink = new ByteSink(MAGIC, VERSION);
        sink.u8(Integer.numberOfTrailingZeros(histogram.bins()));
        sink.u8(histogram.sampled() ? 1 : 0);
        sink.f32(histogram.finite() == 0 ? 0 : histogram.min());
        sink.f32(histogram.finite() == 0 ? 0 : histogram.max());
        sink.varint(histogram.nans());
        sink.varint(histogram.infinities());
        sink.varint(histogram.zeros());
        long[] counts = histogram.counts();
        counts[0] -= histogram.zeros();
        int used = histogram.usedBins();
        for (int i = 0; i < used;) {
            sink.varint(counts[i]);
            int next = i + 1;
            if (counts[i] == 0) {
                while (next < used && counts[next] == 0) {
                    next++;
                }
                sink.varint(next - i);
            }
            i = next;
        }
        return sink.finish();
    }

    static Histogram read(byte[] bytes) {
        ByteSource source = new ByteSource("histogram", bytes, MAGIC, VERSION);
        int log2Bins = source.u8();
        int sampled = source.u8();
        source.require(log2Bins >= 8 && log2Bins <= 16 && sampled <= 1, "an impossible number of bins");
        float min = source.f32();
        float max = source.f32();
        source.require(Float.isFinite(min) && Float.isFinite(max) && min <= max, "an impossible minimum or maximum");
        long nans = source.varint();
        long infinities = source.varint();
        long zeros = source.varint();
        float largest = Math.max(Math.abs(min), Math.abs(max));
        long[] counts = new long[0];
        if (largest > 0) {
            double inverseWidth = Math.scalb(1.0, -Histogram.exponentFor(largest, log2Bins));
            counts = readCounts(source, (int) (largest * inverseWidth) + 1);
            if (sampled == 0) {
                requireExtremes(source, min, max, zeros, counts, inverseWidth);
            }
        }
        long finite = zeros;
        for (long count : counts) {
            finite += count;
            source.require(finite >= 0, "counts that pass 2^63 - 1");
        }
        Histogram histogram = Histogram.of(1 << log2Bins, sampled == 1, min, max, zeros, nans, infinities, counts);
        source.require(source.atEnd() && Arrays.equals(write(histogram), bytes), "bytes that no histogram has");
        return histogram;
    }

    private static long[] readCounts(ByteSource source, int used) {
        long[] counts = new long[used];
        for (int i = 0; i < used;) {
            counts[i] = source.varint();
            if (counts[i] == 0) {
                long run = source.varint();
                source.require(run >= 1 && run <= used - i, "a run of empty bins that is too long");
                i += (int) run;
            } else {
                i++;
            }
        }
        return counts;
    }

    /** Where all elements were counted, the bins and the zero count must have seen the minimum and the maximum and nothing outside them. */
    private static void requireExtremes(ByteSource source, float min, float max, long zeros, long[] counts,
            double inverseWidth) {
        boolean spansZero = min <= 0 && max >= 0;
        source.require(spansZero ? zeros > 0 || (min < 0 && max > 0) : zeros == 0, "a wrong count of zeros");
        int lowest = spansZero ? 0 : (int) (Math.min(Math.abs(min), Math.abs(max)) * inverseWidth);
        for (int i = 0; i < lowest; i++) {
            source.require(counts[i] == 0, "counts below the smallest magnitude");
        }
        int minBin = (int) (Math.abs(min) * inverseWidth);
        int maxBin = (int) (Math.abs(max) * inverseWidth);
        int needed = min != 0 && max != 0 && min != max && minBin == maxBin ? 2 : 1;
        source.require((min == 0 || counts[minBin] >= needed) && (max == 0 || counts[maxBin] >= needed),
                "no count for the minimum or the maximum");
    }
}
