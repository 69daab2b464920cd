package io.firesteel.calibration.histogram;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

class HistogramMergeTest {

    private static final int BINS = 256;

    @Property(seed = "20261121", tries = 1000)
    void mergingIsCommutative(@ForAll("values") float[] a, @ForAll("values") float[] b) {
        assertThat(merged(of(a), of(b)).toBytes()).isEqualTo(merged(of(b), of(a)).toBytes());
    }

    @Property(seed = "20261121", tries = 1000)
    void mergingIsAssociative(@ForAll("values") float[] a, @ForAll("values") float[] b, @ForAll("values") float[] c) {
        byte[] left = merged(merged(of(a), of(b)), of(c)).toBytes();
        assertThat(merged(of(a), merged(of(b), of(c))).toBytes()).isEqualTo(left);
    }

    @Property(seed = "20261121", tries = 1000)
    void anEmptyHistogramChangesNothing(@ForAll("values") float[] a) {
        assertThat(merged(of(a), new Histogram(BINS)).toBytes()).isEqualTo(of(a).toBytes());
        assertThat(merged(new Histogram(BINS), of(a)).toBytes()).isEqualTo(of(a).toBytes());
    }

    @Property(seed = "20261121", tries = 1000)
    void theSameValuesGiveTheSameBytesHoweverOrderedAndDivided(@ForAll("values") float[] values,
            @ForAll @IntRange(min = 1, max = 7) int partitions, @ForAll long seed) {
        Random random = new Random(seed);
        List<Float> shuffled = new ArrayList<>();
        for (float value : values) {
            shuffled.add(value);
        }
        Collections.shuffle(shuffled, random);
        List<Histogram> parts = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            parts.add(new Histogram(BINS));
        }
        for (float value : shuffled) {
            parts.get(random.nextInt(partitions)).observe(new float[] {value}, 0, 1);
        }
        while (parts.size() > 1) {
            Histogram taken = parts.remove(random.nextInt(parts.size()));
            parts.get(random.nextInt(parts.size())).merge(Histogram.fromBytes(taken.toBytes()));
        }
        assertThat(parts.get(0).toBytes()).isEqualTo(of(values).toBytes());
    }

    @Property(seed = "20261121", tries = 1000)
    void bytesReadBackToTheSameHistogram(@ForAll("values") float[] values) {
        Histogram written = of(values);
        Histogram read = Histogram.fromBytes(written.toBytes());
        assertThat(read.toBytes()).isEqualTo(written.toBytes());
        assertThat(read.counts()).isEqualTo(written.counts());
        assertThat(read.exponent()).isEqualTo(written.exponent());
        assertThat(read.finite()).isEqualTo(written.finite());
        assertThat(read.zeros()).isEqualTo(written.zeros());
        assertThat(read.nans()).isEqualTo(written.nans());
        assertThat(read.infinities()).isEqualTo(written.infinities());
        assertThat(read.min()).isEqualTo(Float.valueOf(written.min()));
        assertThat(read.max()).isEqualTo(Float.valueOf(written.max()));
    }

    @Property(seed = "20261121", tries = 1000)
    void everyValueIsInItsBin(@ForAll("values") float[] values) {
        Histogram histogram = of(values);
        long[] expected = new long[BINS];
        for (float value : values) {
            if (Float.isFinite(value)) {
                expected[value == 0 ? 0 : (int) Math.floor(Math.abs((double) value) / histogram.binWidth())]++;
            }
        }
        assertThat(histogram.counts()).isEqualTo(expected);
    }

    @Provide
    Arbitrary<float[]> values() {
        Arbitrary<Float> value = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.floats().between(-8, 8)),
                Tuple.of(3, Arbitraries.integers().map(Float::intBitsToFloat)),
                Tuple.of(3, Arbitraries.of(0f, -0f, 1f, -1f, 2f, 255f, 256f)),
                Tuple.of(1, Arbitraries.of(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
                        Float.MAX_VALUE, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL)));
        return value.array(float[].class).ofMaxSize(40);
    }

    private static Histogram of(float[] values) {
        return HistogramTest.observed(BINS, values);
    }

    private static Histogram merged(Histogram a, Histogram b) {
        a.merge(b);
        return a;
    }
}
