package io.firesteel.calibration.threshold;

import static io.firesteel.calibration.threshold.Histograms.histogram;
import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntropyTest {

    /** The expected cuts were computed by a separate program, in NumPy, that writes both distributions out. */
    @Test
    void goldenCuts() {
        assertThat(cut(2048, 50_000, i -> 20_000 / (20 + i * i / 40))).isEqualTo(895);
        assertThat(cut(2048, 0, i -> i > 1200 ? (i * 7919 % 997 == 0 ? 1 : 0) : 30_000 / (10 + i * i / 9)))
                .isEqualTo(520);
        assertThat(cut(2048, 0, i -> (i < 1500 ? (i * i * 31 + i * 17) % 61 : 0) + (i * 37 % 101 == 0 ? 3 : 0)))
                .isEqualTo(1500);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theChosenCutHasTheLeastDivergenceByDefinition(long seed) {
        Random random = new Random(seed);
        double decay = 4 + random.nextInt(120);
        double empty = random.nextDouble() * 0.6;
        Histogram histogram = histogram(512, random.nextInt(500),
                i -> random.nextDouble() < empty ? 0 : (long) (400 * Math.exp(-i / decay) + random.nextInt(3)));
        double least = Double.POSITIVE_INFINITY;
        for (int cut = 128; cut <= histogram.usedBins(); cut++) {
            least = Math.min(least, divergence(histogram.counts(), histogram.usedBins(), cut));
        }
        int chosen = (int) (threshold(histogram).value() / histogram.binWidth());
        assertThat(divergence(histogram.counts(), histogram.usedBins(), chosen)).isLessThanOrEqualTo(least + 1e-12);
    }

    @Test
    void theZerosOfARectifiedTensorDoNotMoveTheThreshold() {
        IntToLongFunction counts = i -> 20_000 / (20 + i * i / 40);
        assertThat(cut(2048, 150_000, counts)).isEqualTo(cut(2048, 0, counts)).isEqualTo(895);
    }

    @Test
    void aUniformTensorKeepsItsWholeRange() {
        assertThat(cut(256, 0, i -> 5)).isEqualTo(256);
    }

    @Test
    void neverBelowTheLevelsItHas() {
        assertThat(cut(256, 0, i -> i < 20 ? 1000 : 0)).isGreaterThanOrEqualTo(128);
    }

    @Test
    void valuesInTheFirstAndTheLastBinAloneKeepTheRange() {
        assertThat(cut(256, 0, i -> i == 0 ? 1000 : 0)).isEqualTo(256);
    }

    private static int cut(int bins, int zeros, IntToLongFunction counts) {
        return (int) threshold(histogram(bins, zeros, counts)).value();
    }

    private static Threshold threshold(Histogram histogram) {
        return ThresholdMethod.entropy().choose(histogram).orElseThrow();
    }

    /** The definition, with both distributions written out. */
    private static double divergence(long[] counts, int used, int cut) {
        double[] bins = new double[used];
        for (int i = 0; i < used; i++) {
            bins[i] = counts[i == 0 ? 1 : i];
        }
        double[] levelSum = new double[128];
        int[] levelBins = new int[128];
        for (int i = 0; i < cut; i++) {
            levelSum[i * 128 / cut] += bins[i];
            levelBins[i * 128 / cut] += bins[i] > 0 ? 1 : 0;
        }
        double all = 0;
        double kept = 0;
        for (int i = 0; i < used; i++) {
            all += bins[i];
            kept += i < cut ? bins[i] : 0;
        }
        double divergence = 0;
        for (int i = 0; i < cut; i++) {
            double p = (i == cut - 1 ? bins[i] + all - kept : bins[i]) / all;
            double q = bins[i] > 0 ? levelSum[i * 128 / cut] / levelBins[i * 128 / cut] / kept : 0;
            divergence += p > 0 ? p * Math.log(p / q) : 0;
        }
        return divergence;
    }
}
