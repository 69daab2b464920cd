package io.firesteel.calibration.histogram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistogramTest {

    @Test
    void emptyHistogramHasNoWidthAndNoExtremes() {
        Histogram histogram = new Histogram();
        assertThat(histogram.bins()).isEqualTo(4096);
        assertThat(histogram.exponent()).isEmpty();
        assertThat(histogram.binWidth()).isZero();
        assertThat(histogram.usedBins()).isZero();
        assertThat(histogram.finite()).isZero();
        assertThat(histogram.min()).isNaN();
        assertThat(histogram.max()).isNaN();
        assertThat(histogram.largest()).isZero();
    }

    @Test
    void zerosLeaveTheWidthUnset() {
        Histogram histogram = observed(256, 0f, -0f, 0f);
        assertThat(histogram.exponent()).isEmpty();
        assertThat(histogram.zeros()).isEqualTo(3);
        assertThat(histogram.finite()).isEqualTo(3);
        assertThat(histogram.count(0)).isEqualTo(3);
        assertThat(Float.floatToRawIntBits(histogram.min())).isZero();
        assertThat(Float.floatToRawIntBits(histogram.max())).isZero();
    }

    @Test
    void widthIsTheSmallestPowerOfTwoThatLeavesTheLargestBelowTheEnd() {
        assertThat(observed(256, 255.99f).binWidth()).isEqualTo(1);
        assertThat(observed(256, 256f).binWidth()).isEqualTo(2);
        assertThat(observed(256, -256f).binWidth()).isEqualTo(2);
        assertThat(observed(4096, 1f).binWidth()).isEqualTo(1.0 / 2048);
        assertThat(observed(4096, Math.nextDown(1f)).binWidth()).isEqualTo(1.0 / 4096);
    }

    @Test
    void binsAreHalfOpenAndAlignedToZero() {
        Histogram histogram = observed(256, 0f, 0.99f, -1f, 1.5f, 2f, -255f);
        assertThat(histogram.count(0)).isEqualTo(2);
        assertThat(histogram.count(1)).isEqualTo(2);
        assertThat(histogram.count(2)).isEqualTo(1);
        assertThat(histogram.count(255)).isEqualTo(1);
        assertThat(histogram.usedBins()).isEqualTo(256);
        assertThat(histogram.zeros()).isEqualTo(1);
        assertThat(histogram.min()).isEqualTo(-255f);
        assertThat(histogram.max()).isEqualTo(2f);
    }

    @Test
    void aLargerMagnitudeAddsNeighbouringBins() {
        Histogram histogram = observed(256, 0.5f, 1f, 2f, 3f, 255f);
        histogram.observe(new float[] {-1000f}, 0, 1);
        assertThat(histogram.binWidth()).isEqualTo(4);
        assertThat(histogram.count(0)).isEqualTo(4);
        assertThat(histogram.count(63)).isEqualTo(1);
        assertThat(histogram.count(250)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.MIN_VALUE, Float.MIN_NORMAL, 1e-20f, 1f, 3.4e38f, Float.MAX_VALUE})
    void theWholeFloatRangeFits(float magnitude) {
        Histogram histogram = observed(4096, magnitude);
        assertThat(histogram.usedBins()).isBetween(2049, 4096);
        assertThat(histogram.count(histogram.usedBins() - 1)).isEqualTo(1);
        assertThat((double) magnitude).isLessThan(4096 * histogram.binWidth());
        assertThat((double) magnitude).isGreaterThanOrEqualTo(2048 * histogram.binWidth());
        histogram.observe(new float[] {Float.MAX_VALUE}, 0, 1);
        assertThat(histogram.finite()).isEqualTo(2);
        assertThat(histogram.count(4095)).isPositive();
    }

    @Test
    void nanAndInfinityAreCountedApart() {
        Histogram histogram = observed(256, Float.NaN, 1f, Float.POSITIVE_INFINITY, -3f, Float.NEGATIVE_INFINITY,
                Float.intBitsToFloat(0xffc00001));
        assertThat(histogram.nans()).isEqualTo(2);
        assertThat(histogram.infinities()).isEqualTo(2);
        assertThat(histogram.finite()).isEqualTo(2);
        assertThat(histogram.min()).isEqualTo(-3f);
        assertThat(histogram.max()).isEqualTo(1f);
        assertThat(histogram.binWidth()).isEqualTo(1.0 / 64);
    }

    @Test
    void onlyTheGivenRangeIsObserved() {
        float[] values = {100f, 1f, 2f, 3f, 200f};
        Histogram fromArray = new Histogram(256);
        fromArray.observe(values, 1, 4);
        assertThat(fromArray.finite()).isEqualTo(3);
        assertThat(fromArray.max()).isEqualTo(3f);

        FloatBuffer direct = ByteBuffer.allocateDirect(20).order(ByteOrder.nativeOrder()).asFloatBuffer();
        direct.put(values).position(2);
        Histogram fromBuffer = new Histogram(256);
        fromBuffer.observe(direct, 1, 4);
        assertThat(direct.position()).isEqualTo(2);
        assertThat(fromBuffer.toBytes()).isEqualTo(fromArray.toBytes());
        assertThatThrownBy(() -> fromArray.observe(values, 1, 6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> fromBuffer.observe(direct, -1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void manyElementsAreCountedOneByOne() {
        Random random = new Random(7);
        float[] values = new float[100_003];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 3 == 0 ? 0f : (float) (random.nextGaussian() * 3);
        }
        Histogram histogram = observed(4096, values);
        long[] expected = new long[4096];
        for (float value : values) {
            expected[(int) Math.floor(Math.abs((double) value) / histogram.binWidth())]++;
        }
        assertThat(histogram.counts()).isEqualTo(expected);
        assertThat(histogram.zeros()).isGreaterThanOrEqualTo(33_335);
    }

    @Test
    void aCopyIsIndependent() {
        Histogram histogram = observed(256, 1f, Float.NaN);
        Histogram copy = histogram.copy();
        copy.observe(new float[] {5f}, 0, 1);
        assertThat(histogram.finite()).isEqualTo(1);
        assertThat(copy.finite()).isEqualTo(2);
        assertThat(copy.nans()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -4096, 128, 1000, 131_072})
    void anImpossibleNumberOfBinsIsRefused(int bins) {
        assertThatThrownBy(() -> new Histogram(bins)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("bins = " + bins).hasMessageContaining("power of two");
    }

    @Test
    void histogramsOfDifferentBinsDoNotMerge() {
        Histogram histogram = observed(256, 1f);
        assertThatThrownBy(() -> histogram.merge(observed(512, 1f))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("256").hasMessageContaining("512");
        assertThat(histogram.finite()).isEqualTo(1);
    }

    @Test
    void aCountThatWouldOverflowIsRefusedAndChangesNothing() {
        Histogram half = Histogram.of(256, false, 0, 0, Long.MAX_VALUE, 0, 0, new long[0]);
        byte[] before = half.toBytes();
        assertThatThrownBy(() -> half.merge(observed(256, 1f))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("2^63");
        assertThatThrownBy(() -> half.observe(new float[] {1f}, 0, 1)).isInstanceOf(FiresteelException.class);
        assertThat(half.toBytes()).isEqualTo(before);
    }

    static Histogram observed(int bins, float... values) {
        Histogram histogram = new Histogram(bins);
        histogram.observe(values, 0, values.length);
        return histogram;
    }

    @Test
    void countsEveryElementOfBitsAtStrideOne() {
        Random random = new Random(5);
        float[] values = new float[5000];
        int[] bits = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 9 == 0 ? -0.0f : i == 77 ? Float.NaN : i == 78 ? Float.NEGATIVE_INFINITY : (float) random.nextGaussian();
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        Histogram whole = new Histogram();
        whole.observe(values, 0, values.length);
        Histogram fromBits = new Histogram();
        fromBits.observe(bits, bits.length, 1);
        assertThat(fromBits.toBytes()).isEqualTo(whole.toBytes());
        assertThat(fromBits.sampled()).isFalse();
    }

    @Test
    void samplesBinsAndKeepsTheExtremesExact() {
        int[] bits = new int[100];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(i == 50 ? 1000f : i == 51 ? -7f : 1f + i / 100f);
        }
        Histogram histogram = new Histogram();
        histogram.observe(bits, bits.length, 7);
        assertThat(histogram.sampled()).isTrue();
        assertThat(histogram.finite()).isEqualTo(15);
        assertThat(histogram.max()).isEqualTo(1000f);
        assertThat(histogram.min()).isEqualTo(-7f);
        assertThat(histogram.count(histogram.usedBins() - 1)).isZero();
        assertThat(Histogram.fromBytes(histogram.toBytes()).toBytes()).isEqualTo(histogram.toBytes());
        Histogram merged = histogram.copy();
        merged.merge(histogram);
        assertThat(merged.sampled()).isTrue();
        assertThat(merged.finite()).isEqualTo(30);
    }
}
