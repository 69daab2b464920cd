package io.firesteel.calibration.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.calibration.histogram.HistogramTable;
import io.firesteel.calibration.threshold.ThresholdMethod;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTableTest {

    private static final double PERCENTILE = 90;

    private static void observe(HistogramTable histograms, String name, float... values) {
        histograms.tensor(name).observe(values, 0, values.length);
    }

    private static float[] normal(int count) {
        Random random = new Random(4);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static CalibrationTable table(HistogramTable histograms, String method) {
        return CalibrationTable.of("hash", ThresholdMethod.parse(method), PERCENTILE, "", histograms);
    }

    @Test
    void warnsOfWhatClipsIsNeverExcitedOrWasLeftOut() {
        HistogramTable histograms = new HistogramTable();
        observe(histograms, "cut", normal(10_000));
        observe(histograms, "dead", 0, 0, 0);
        observe(histograms, "odd", 1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        observe(histograms, "none", Float.NaN);
        histograms.addRows(3, 2);
        List<String> warnings = table(histograms, "percentile:" + PERCENTILE).warnings(0.01);
        assertThat(warnings).hasSize(6);
        assertThat(warnings.get(0)).isEqualTo("2 rows were skipped because an input is null");
        assertThat(warnings.get(1)).contains("tensor 'cut' clips 0.0999").contains("more than the 0.0100 asked for").contains("another method");
        assertThat(warnings.get(2)).contains("tensor 'dead' was never excited");
        assertThat(warnings.get(3)).contains("tensor 'none' has no finite element");
        assertThat(warnings.get(5)).contains("tensor 'odd' has 1 NaN and 2 infinite");
        assertThat(table(histograms, "min-max").warnings(0.01)).as("nothing is clipped").hasSize(5);
    }

    @Test
    void hasTheThresholdsOfEveryMethodAndTakesTheBetterOfTwoByItself() {
        HistogramTable histograms = new HistogramTable();
        observe(histograms, "x", normal(10_000));
        observe(histograms, "dead", 0);
        CalibrationTable table = table(histograms, "auto");
        assertThat(table.tensors()).containsOnlyKeys("x");
        CalibrationTable.Tensor tensor = table.tensors().get("x");
        assertThat(tensor.byMethod()).containsOnlyKeys("min-max", "percentile", "mse", "entropy");
        assertThat(tensor.chosen().meanSquaredError()).isEqualTo(Math.min(tensor.byMethod().get("mse").meanSquaredError(),
                tensor.byMethod().get("entropy").meanSquaredError()));
        assertThat(tensor.byMethod().get("percentile").clippedShare()).isBetween(0.09, 0.101);
    }

    @Test
    void thresholdsThatCameFromElsewhereStayAndThoseOfZeroAreNone() {
        CalibrationTable table = CalibrationTable.imported("hash", Map.of("x", 2.5, "dead", 0.0));
        assertThat(table.thresholds()).containsExactly(Map.entry("x", 2.5));
        assertThat(CalibrationTable.fromBytes(table.toBytes()).thresholds()).isEqualTo(table.thresholds());
        assertThat(table.warnings(0)).isEmpty();
    }

    @Test
    void equalContentsGiveEqualBytes() {
        HistogramTable histograms = new HistogramTable();
        observe(histograms, "b", normal(100));
        observe(histograms, "a", 1, 2, 3);
        histograms.addRows(1, 0);
        CalibrationTable table = table(histograms, "entropy");
        assertThat(CalibrationTable.fromBytes(table.toBytes()).toBytes()).isEqualTo(table.toBytes());
    }
}
