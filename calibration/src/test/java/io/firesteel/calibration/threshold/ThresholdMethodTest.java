package io.firesteel.calibration.threshold;

import static io.firesteel.calibration.threshold.Histograms.histogram;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.histogram.Histogram;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdMethodTest {

    private static final List<String> NAMES = List.of("min-max", "percentile", "mse", "entropy", "auto");

    @Test
    void zerosAndNothingGiveNoThreshold() {
        Histogram zeros = new Histogram();
        zeros.observe(new float[100], 0, 100);
        Histogram broken = new Histogram();
        broken.observe(new float[] {Float.NaN, Float.POSITIVE_INFINITY}, 0, 2);
        for (String name : NAMES) {
            assertThat(ThresholdMethod.parse(name).choose(zeros)).isEmpty();
            assertThat(ThresholdMethod.parse(name).choose(broken)).isEmpty();
            assertThat(ThresholdMethod.parse(name).choose(new Histogram())).isEmpty();
        }
    }

    @Test
    void minMaxIsTheLargestMagnitudeExactly() {
        Histogram histogram = of(0.3f, -2.7182817f, 1.5f);
        Threshold threshold = ThresholdMethod.minMax().choose(histogram).orElseThrow();
        assertThat(threshold.value()).isEqualTo(2.7182817f);
        assertThat(threshold.clippedShare()).isZero();
        assertThat(threshold.scale()).isEqualTo((float) ((double) 2.7182817f / 127));
        assertThat(threshold.method()).isEqualTo("min-max");
    }

    @Test
    void percentileTakesTheLowestEdgeWithEnoughBelow() {
        Histogram histogram = histogram(256, 100, i -> i < 9 ? 100 : 0);
        assertThat(percentile(histogram, 99).value()).isEqualTo(9);
        assertThat(percentile(histogram, 99).clippedShare()).isEqualTo(1 / 1001.0);
        assertThat(percentile(histogram, 50).value()).isEqualTo(5);
        assertThat(percentile(histogram, 50).clippedShare()).isCloseTo(0.4, within(0.001));
        assertThat(percentile(histogram, 100).value()).isEqualTo(255.5);
        assertThat(percentile(histogram, 100).clippedShare()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"min-max", "mse", "auto"})
    void elementsAtTheThresholdAreNotClipped(String method) {
        Random random = new Random(7);
        float[] relu6 = new float[10_000];
        for (int i = 0; i < relu6.length; i++) {
            relu6[i] = Math.min(6, Math.max(0, (float) (4 * random.nextGaussian())));
        }
        Threshold threshold = ThresholdMethod.parse(method).choose(of(relu6)).orElseThrow();
        assertThat(threshold.value()).isEqualTo(6);
        assertThat(threshold.clippedShare()).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, 0.5, 49.9, 100.1, Double.NaN})
    void anImpossiblePercentileIsRefused(double percent) {
        assertThatThrownBy(() -> ThresholdMethod.percentile(percent)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining(String.valueOf(percent)).hasMessageContaining("percentage from 50.0 to 100");
    }

    @Test
    void aShareGivenForAPercentileIsNamed() {
        assertThatThrownBy(() -> ThresholdMethod.parse("percentile:0.9999")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("a share of 0.9999 is percentile 99.99");
    }

    @ParameterizedTest
    @ValueSource(strings = {"min-max", "percentile:99.9", "mse", "entropy", "auto"})
    void namesReadBack(String name) {
        assertThat(ThresholdMethod.parse(name).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Entropy", "percentile:", "percentile:x", "kl"})
    void unknownNamesAreRefused(String name) {
        assertThatThrownBy(() -> ThresholdMethod.parse(name)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("'" + name + "'").hasMessageContaining("entropy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"min-max", "percentile", "mse", "entropy", "auto"})
    void theExpectedErrorIsTheErrorOfQuantizing(String name) {
        for (float[] values : List.of(gaussian(false), gaussian(true), heavyTailed())) {
            Threshold threshold = ThresholdMethod.parse(name).choose(of(values)).orElseThrow();
            double error = 0;
            double power = 0;
            double clipped = 0;
            for (float value : values) {
                double step = threshold.value() / 127;
                double restored = Math.max(-127, Math.min(127, Math.rint(value / step))) * step;
                error += (value - restored) * (value - restored) / values.length;
                power += (double) value * value / values.length;
                clipped += Math.abs(value) >= threshold.value() ? 1.0 / values.length : 0;
            }
            assertThat(threshold.meanSquaredError()).isCloseTo(error, within(error * 0.02));
            assertThat(threshold.signalPower()).isCloseTo(power, within(power * 0.001));
            assertThat(threshold.signalToNoise()).isCloseTo(10 * Math.log10(power / error), within(0.1));
            assertThat(threshold.clippedShare()).isCloseTo(clipped, within(1.5 / values.length));
        }
    }

    @Test
    void leastSquaresBeatEveryOtherChoice() {
        for (float[] values : List.of(gaussian(false), gaussian(true), heavyTailed())) {
            Histogram histogram = of(values);
            double least = ThresholdMethod.meanSquaredError().choose(histogram).orElseThrow().meanSquaredError();
            for (String name : NAMES) {
                assertThat(ThresholdMethod.parse(name).choose(histogram).orElseThrow().meanSquaredError())
                        .isGreaterThanOrEqualTo(least);
            }
        }
    }

    @Test
    void autoTakesTheBetterOfEntropyAndLeastSquares() {
        Histogram tail = of(heavyTailed());
        Threshold entropy = ThresholdMethod.entropy().choose(tail).orElseThrow();
        Threshold squares = ThresholdMethod.meanSquaredError().choose(tail).orElseThrow();
        assertThat(squares.signalToNoise()).isGreaterThan(entropy.signalToNoise() + 1);
        assertThat(ThresholdMethod.auto().choose(tail)).contains(squares);
    }

    @Test
    void oneLevelTensorsAreExact() {
        Threshold threshold = ThresholdMethod.meanSquaredError().choose(of(0f, 2f, -2f, 2f)).orElseThrow();
        assertThat(threshold.value()).isEqualTo(2);
        assertThat(threshold.meanSquaredError()).isZero();
        assertThat(threshold.signalToNoise()).isInfinite();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.MIN_VALUE, 1e-38f, Float.MAX_VALUE})
    void extremeMagnitudesGiveUsableScales(float magnitude) {
        for (String name : NAMES) {
            Threshold threshold = ThresholdMethod.parse(name).choose(of(magnitude, -magnitude / 3, 0)).orElseThrow();
            assertThat(threshold.value()).isPositive().isFinite();
            assertThat(threshold.meanSquaredError()).isNotNegative().isFinite();
            assertThat(threshold.scale()).isPositive().isFinite();
            assertThat(1 / threshold.scale()).isFinite();
        }
    }

    private static Threshold percentile(Histogram histogram, double percent) {
        return ThresholdMethod.percentile(percent).choose(histogram).orElseThrow();
    }

    private static Histogram of(float... values) {
        Histogram histogram = new Histogram();
        histogram.observe(values, 0, values.length);
        return histogram;
    }

    private static float[] gaussian(boolean rectified) {
        Random random = new Random(1);
        float[] values = new float[200_000];
        for (int i = 0; i < values.length; i++) {
            float value = (float) random.nextGaussian() * 1.7f;
            values[i] = rectified ? Math.max(0, value) : value;
        }
        return values;
    }

    private static float[] heavyTailed() {
        Random random = new Random(2);
        float[] values = new float[200_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.pow(random.nextGaussian(), 3);
        }
        return values;
    }
}
