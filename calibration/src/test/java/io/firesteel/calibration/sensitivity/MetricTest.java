package io.firesteel.calibration.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.FiresteelException;
import org.junit.jupiter.api.Test;

class MetricTest {

    private static Prediction scores(float... values) {
        return new Prediction(values, false);
    }

    @Test
    void countsTheLabelAmongTheBestScores() {
        Prediction seven = scores(1, 5, 3, 5, 2, 0, 4);
        assertThat(Metric.TOP1.value(seven, seven, 1)).isEqualTo(1);
        assertThat(Metric.TOP1.value(seven, seven, 3)).as("the first of equal scores is the best").isZero();
        assertThat(Metric.TOP5.value(seven, seven, 4)).isEqualTo(1);
        assertThat(Metric.TOP5.value(seven, seven, 0)).isZero();
        assertThat(Metric.TOP1.value(seven, scores(Float.NaN, Float.NaN), 0)).isZero();
        assertThat(Metric.TOP1.value(seven, new Prediction(new float[] {4, 9}, true), 4)).isEqualTo(1);
        assertThat(Metric.TOP1.value(seven, new Prediction(new float[] {4, 9}, true), 9)).isZero();
        assertThat(Metric.TOP5.value(seven, new Prediction(new float[] {4, 9}, true), 9)).isEqualTo(1);
    }

    @Test
    void comparesOutputsWithTheReference() {
        assertThat(Metric.MSE.value(scores(1, 2), scores(2, 4), 0)).isEqualTo(2.5);
        assertThat(Metric.COSINE.value(scores(1, 0), scores(1, 1), 0)).isCloseTo(Math.sqrt(0.5), within(1e-12));
        assertThat(Metric.COSINE.value(scores(0, 0), scores(0, 0), 0)).isEqualTo(1);
        assertThat(Metric.MSE.loss(0, 2.5)).isEqualTo(2.5);
        assertThat(Metric.COSINE.loss(1, 0.75)).isEqualTo(0.25);
    }

    @Test
    void addsUpPairs() {
        Comparison comparison = new Comparison(Metric.TOP1);
        Prediction first = scores(2, 1);
        Prediction second = scores(1, 2);
        comparison.add(first, second, 0, 3);
        comparison.add(first, first, 0, 90);
        Comparison other = new Comparison(Metric.TOP1);
        other.add(first, second, 1, 2);
        other.add(first, scores(Float.NaN, 1), 0, 5);
        comparison.merge(other);
        assertThat(comparison.rows()).isEqualTo(100);
        assertThat(comparison.reference()).isEqualTo(0.98);
        assertThat(comparison.candidate()).isEqualTo(0.92);
        assertThat(comparison.loss()).isEqualTo(Loss.ofCounts(100, 8, 2));
        assertThat(comparison.signalToNoise()).isNaN();
        Comparison noise = new Comparison(Metric.COSINE);
        noise.add(scores(10, 0), scores(10, 1), 0, 4);
        assertThat(noise.signalToNoise()).isCloseTo(20, within(1e-9));
        assertThat(noise.cosine()).isCloseTo(10 / Math.sqrt(101), within(1e-9));
        assertThat(noise.loss().value()).isCloseTo(1 - noise.cosine(), within(1e-9));
    }

    @Test
    void namesTheMetricsThereAre() {
        assertThat(Metric.parse("Top1")).isEqualTo(Metric.TOP1);
        assertThatThrownBy(() -> Metric.parse("f1")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("'f1'").hasMessageContaining("top1, top5, mse, cosine");
    }
}
