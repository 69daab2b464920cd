package io.firesteel.calibration.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LossTest {

    private static final double Z2 = 1.959963984540054 * 1.959963984540054;

    @Test
    void reachesAboveZeroWhereNoRowDiffers() {
        Loss loss = Loss.ofCounts(1000, 0, 0);
        assertThat(loss.value()).isZero();
        assertThat(loss.high()).isCloseTo(Z2 / (1000 + Z2), within(1e-12));
        assertThat(loss.low()).isCloseTo(-Z2 / (1000 + Z2), within(1e-12));
        long rows = Loss.rowsToProve(0.003);
        assertThat(Loss.ofCounts(rows, 0, 0).within(0.003)).isTrue();
        assertThat(Loss.ofCounts(rows - 1, 0, 0).within(0.003)).isFalse();
    }

    @Test
    void endsWhereTheScoreStatisticReachesTheQuantile() {
        for (long[] counts : new long[][] {{100, 7, 2}, {500, 3, 30}, {40, 20, 20}, {12, 1, 0}, {9, 9, 0}, {2000, 0, 4}}) {
            Loss loss = Loss.ofCounts(counts[0], counts[1], counts[2]);
            assertThat(loss.low()).isLessThanOrEqualTo(loss.value());
            assertThat(loss.high()).isGreaterThanOrEqualTo(loss.value());
            for (double end : new double[] {loss.low(), loss.high()}) {
                if (Math.abs(end) < 1 - 1e-9) {
                    assertThat(Math.abs(score(counts[0], counts[1], counts[2], end))).isCloseTo(Math.sqrt(Z2), within(1e-3));
                }
            }
        }
    }

    /** The score statistic with the maximum of the likelihood found by trying all shares. */
    private static double score(double n, double b, double c, double difference) {
        double best = Double.NEGATIVE_INFINITY;
        double at = 0;
        double from = Math.max(0, -difference);
        double to = (1 - difference) / 2;
        for (int i = 0; i <= 400_000; i++) {
            double share = from + (to - from) * i / 400_000;
            double likelihood = term(b, share + difference) + term(c, share) + term(n - b - c, 1 - 2 * share - difference);
            if (likelihood > best) {
                best = likelihood;
                at = share;
            }
        }
        return (b - c - n * difference) / Math.sqrt(n * (2 * at + difference * (1 - difference)));
    }

    private static double term(double count, double share) {
        return count == 0 ? 0 : count * Math.log(share);
    }

    @Test
    void coversTheTruthInNineteenOfTwentySamples() {
        Random random = new Random(3);
        int covered = 0;
        int samples = 4000;
        for (int i = 0; i < samples; i++) {
            int lost = 0;
            int gained = 0;
            for (int row = 0; row < 400; row++) {
                double at = random.nextDouble();
                lost += at < 0.03 ? 1 : 0;
                gained += at > 0.99 ? 1 : 0;
            }
            Loss loss = Loss.ofCounts(400, lost, gained);
            covered += loss.low() <= 0.02 && loss.high() >= 0.02 ? 1 : 0;
        }
        assertThat((double) covered / samples).isBetween(0.94, 0.965);
    }

    @Test
    void boundsMeansByStudentsDistribution() {
        Loss loss = Loss.ofSums(5, 15, 55);
        assertThat(loss.value()).isEqualTo(3);
        assertThat(loss.high() - 3).isCloseTo(2.776445 * Math.sqrt(2.5 / 5), within(0.01));
        assertThat(3 - loss.low()).isCloseTo(loss.high() - 3, within(1e-12));
        assertThat(Loss.ofSums(1, 3, 9).within(1e9)).isFalse();
        assertThat(Loss.ofSums(7, Double.NaN, Double.NaN).within(1e9)).isFalse();
        assertThat(Loss.ofCounts(0, 0, 0).within(1)).isFalse();
    }
}
