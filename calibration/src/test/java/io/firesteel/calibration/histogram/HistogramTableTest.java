package io.firesteel.calibration.histogram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.bytes.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class HistogramTableTest {

    private static final List<String> NAMES = List.of("input", "conv1", "größe", "a/b:0", "relu");

    @Property(seed = "20261121", tries = 200)
    void theSameRowsGiveTheSameBytesHoweverDividedAndMerged(@ForAll long seed,
            @ForAll @IntRange(min = 1, max = 7) int partitions) {
        Random random = new Random(seed);
        List<HistogramTable> parts = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            parts.add(new HistogramTable(256));
        }
        HistogramTable whole = new HistogramTable(256);
        for (int row = 0; row < 30; row++) {
            HistogramTable part = parts.get(random.nextInt(partitions));
            String name = NAMES.get(random.nextInt(NAMES.size()));
            float[] values = {(float) random.nextGaussian() * row, 0f, (float) Math.scalb(1.0, random.nextInt(40))};
            for (HistogramTable table : List.of(part, whole)) {
                table.tensor(name).observe(values, 0, values.length);
                table.addRows(1, row % 2);
            }
        }
        while (parts.size() > 1) {
            HistogramTable taken = parts.remove(random.nextInt(parts.size()));
            parts.get(random.nextInt(parts.size())).merge(HistogramTable.fromBytes(taken.toBytes()));
        }
        assertThat(parts.get(0).toBytes()).isEqualTo(whole.toBytes());
        assertThat(parts.get(0).rows()).isEqualTo(30);
        assertThat(parts.get(0).skippedRows()).isEqualTo(15);
    }

    @Test
    void mergingLeavesTheOtherAlone() {
        HistogramTable table = new HistogramTable(256);
        HistogramTable other = sample();
        byte[] before = other.toBytes();
        table.merge(other);
        table.tensor("conv1").observe(new float[] {7f}, 0, 1);
        assertThat(other.toBytes()).isEqualTo(before);
        assertThat(table.tensors().keySet()).containsExactly("conv1", "input");
        assertThat(table.tensors().get("conv1").finite()).isEqualTo(4);
    }

    @Test
    void differentBinsAndImpossibleNamesAreRefused() {
        assertThat(new HistogramTable().bins()).isEqualTo(4096);
        assertThatThrownBy(() -> new HistogramTable().merge(sample())).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("4096").hasMessageContaining("256");
        assertThatThrownBy(() -> new HistogramTable(100)).isInstanceOf(FiresteelException.class);
        assertThatThrownBy(() -> sample().tensor("")).isInstanceOf(FiresteelException.class);
        assertThatThrownBy(() -> sample().tensor("\ud800")).isInstanceOf(FiresteelException.class);
        assertThatThrownBy(() -> sample().addRows(-1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyTruncationAndEveryChangedByteIsRefused() {
        byte[] bytes = sample().toBytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            refused(part);
            if (length > 10) {
                refused(HistogramBytesTest.withChecksum(part));
            }
        }
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 1;
            refused(changed);
        }
    }

    @Test
    void hostileBytesWithARightChecksumGiveATableOrAClearError() {
        Random random = new Random(9);
        byte[] bytes = sample().toBytes();
        for (int i = 0; i < 50_000; i++) {
            byte[] hostile = bytes.clone();
            for (int j = random.nextInt(3); j >= 0; j--) {
                hostile[6 + random.nextInt(hostile.length - 10)] = (byte) random.nextInt();
            }
            byte[] signed = HistogramBytesTest.withChecksum(hostile);
            Throwable thrown = catchThrowable(() -> HistogramTable.fromBytes(signed));
            if (thrown == null) {
                assertThat(HistogramTable.fromBytes(signed).toBytes()).isEqualTo(signed);
            } else {
                assertThat(thrown).isInstanceOf(FiresteelException.class);
            }
        }
    }

    @Test
    void tensorsInAnotherOrderOrTwiceAreRefused() {
        byte[] histogram = HistogramTest.observed(256, 1f).toBytes();
        assertThat(HistogramTable.fromBytes(table(histogram, "a", "b")).tensors()).hasSize(2);
        refused(table(histogram, "b", "a"));
        refused(table(histogram, "a", "a"));
        refused(table(histogram, ""));
        refused(table(HistogramTest.observed(512, 1f).toBytes(), "a"));
    }

    @Test
    void aHugeNumberOfTensorsIsRefusedBeforeAnythingIsAllocated() {
        ByteSink sink = new ByteSink(new byte[] {'F', 'S', 'H', 'T'}, 1);
        sink.u8(16);
        sink.u8(0);
        sink.varint(1);
        sink.varint(0);
        sink.varint(1 << 20);
        assertThatThrownBy(() -> HistogramTable.fromBytes(sink.finish())).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("1 GiB");
    }

    private static byte[] table(byte[] histogram, String... names) {
        ByteSink sink = new ByteSink(new byte[] {'F', 'S', 'H', 'T'}, 1);
        sink.u8(8);
        sink.u8(0);
        sink.varint(1);
        sink.varint(0);
        sink.varint(names.length);
        for (String name : names) {
            sink.block(name.getBytes(StandardCharsets.UTF_8));
            sink.block(histogram);
        }
        return sink.finish();
    }

    private static HistogramTable sample() {
        HistogramTable table = new HistogramTable(256);
        table.tensor("input").observe(new float[] {0f, 1f, 250f, Float.NaN}, 0, 4);
        table.tensor("conv1").observe(new float[] {-1f, 0.25f, 0f}, 0, 3);
        table.addRows(3, 1);
        return table;
    }

    private static void refused(byte[] bytes) {
        assertThatThrownBy(() -> HistogramTable.fromBytes(bytes)).isInstanceOf(FiresteelException.class);
    }
}
