package io.firesteel.calibration.histogram;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ChannelMeansTest {

    private static void addRow(HistogramTable table, long seed) {
        Random random = new Random(seed);
        table.tensor("x").observe(new float[] {1}, 0, 1);
        table.means("x", 3).add(new double[] {random.nextGaussian() * 40, random.nextDouble(), -seed}, 10);
    }

    @Test
    void anyOrderAndAnyPartsGiveTheSameBytes() {
        HistogramTable whole = new HistogramTable();
        HistogramTable[] parts = {new HistogramTable(), new HistogramTable(), new HistogramTable()};
        for (int i = 0; i < 100; i++) {
            addRow(whole, i);
            addRow(parts[i * i % 3], i);
        }
        HistogramTable merged = new HistogramTable();
        for (int i = 2; i >= 0; i--) {
            merged.merge(HistogramTable.fromBytes(parts[i].toBytes()));
        }
        assertThat(merged.toBytes()).isEqualTo(whole.toBytes());
        assertThat(merged.means().get("x")[2]).isEqualTo(-4.95);
    }

    @Test
    void manyRowsAreCounted() {
        HistogramTable table = new HistogramTable();
        for (int i = 0; i < 100_000; i++) {
            table.means("x", 1).add(new double[] {(1 << 20) - 1}, 1);
        }
        assertThat(table.means().get("x")).containsExactly((1 << 20) - 1);
    }

    @Test
    void aRowWithoutMeanMakesThemUnknown() {
        HistogramTable table = new HistogramTable();
        addRow(table, 1);
        table.means("x", 3).add(new double[] {0, Double.NaN, 0}, 1);
        assertThat(table.means()).isEmpty();
        HistogramTable other = new HistogramTable();
        addRow(other, 2);
        other.merge(HistogramTable.fromBytes(table.toBytes()));
        assertThat(other.means()).isEmpty();
    }
}
