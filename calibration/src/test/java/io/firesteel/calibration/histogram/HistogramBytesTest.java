package io.firesteel.calibration.histogram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.firesteel.FiresteelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class HistogramBytesTest {

    @Test
    void theFormatStays() {
        byte[] bytes = HistogramTest.observed(256, 0f, 0f, 1.5f, -200f, Float.NaN).toBytes();
        String header = "46534847" + "0100" + "08" + "00" + "000048c3" + "0000c03f";
        String counts = "01" + "00" + "02" + "0001" + "01" + "00c601" + "01";
        assertThat(HexFormat.of().formatHex(bytes, 0, bytes.length - 4)).isEqualTo(header + counts);
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(bytes.length - 4))
                .isEqualTo(checksum(bytes));
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] bytes = sample().toBytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            refused(part);
            if (length > 10) {
                refused(withChecksum(part));
            }
        }
        refused(withChecksum(Arrays.copyOf(bytes, bytes.length + 1)));
    }

    @Test
    void everyChangedByteIsRefused() {
        byte[] bytes = sample().toBytes();
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x10;
            refused(changed);
        }
    }

    @Test
    void hostileBytesWithARightChecksumGiveAHistogramOrAClearError() {
        Random random = new Random(11);
        byte[] bytes = sample().toBytes();
        int read = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] hostile = bytes.clone();
            int changes = 1 + random.nextInt(4);
            for (int j = 0; j < changes; j++) {
                hostile[6 + random.nextInt(hostile.length - 10)] = (byte) random.nextInt();
            }
            byte[] signed = withChecksum(hostile);
            Throwable thrown = catchThrowable(() -> Histogram.fromBytes(signed));
            if (thrown == null) {
                read++;
                Histogram histogram = Histogram.fromBytes(signed);
                assertThat(histogram.toBytes()).isEqualTo(signed);
                assertThat(Arrays.stream(histogram.counts()).sum()).isEqualTo(histogram.finite());
            } else {
                assertThat(thrown).isInstanceOf(FiresteelException.class).hasMessageContaining("calibrate again");
            }
        }
        assertThat(read).isPositive();
    }

    @Test
    void inconsistentContentsAreRefused() {
        String prefix = "46534847" + "0100" + "08" + "00";
        refusedHex(prefix + "0000807f" + "0000807f" + "000000" + "00ff0101");
        refusedHex(prefix + "0000803f" + "000080bf" + "000000" + "00800101");
        refusedHex("46534847" + "0100" + "3f" + "00" + "0000803f" + "0000803f" + "000000" + "00800101");
        refusedHex(prefix + "00000080" + "00000000" + "000001");
        refusedHex(prefix + "0000803f" + "0000803f" + "000001" + "00800101");
        refusedHex(prefix + "0000803f" + "0000803f" + "000000" + "01007f01");
        refusedHex(prefix + "0000803f" + "0000803f" + "000000" + "00ffffffffffffffff7f01");
        refusedHex(prefix + "0000803f" + "0000803f" + "000000" + "00800181ff00");
        refusedHex(prefix + "00000000" + "00000000" + "0000ffffffffffffffffff01");
        assertThat(Histogram.fromBytes(withChecksum(HexFormat.of().parseHex(
                prefix + "0000803f" + "0000803f" + "000000" + "00800101" + "00000000"))).finite()).isEqualTo(1);
    }

    @Test
    void aLaterVersionIsNamed() {
        byte[] bytes = sample().toBytes();
        bytes[4] = 2;
        assertThatThrownBy(() -> Histogram.fromBytes(withChecksum(bytes))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("version 2").hasMessageContaining("version 1");
    }

    private static Histogram sample() {
        Random random = new Random(3);
        float[] values = new float[500];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(0, (float) random.nextGaussian());
        }
        values[17] = Float.NaN;
        return HistogramTest.observed(256, values);
    }

    private static void refused(byte[] bytes) {
        assertThatThrownBy(() -> Histogram.fromBytes(bytes)).isInstanceOf(FiresteelException.class);
    }

    private static void refusedHex(String withoutChecksum) {
        refused(withChecksum(HexFormat.of().parseHex(withoutChecksum + "00000000")));
    }

    /** The same bytes with the last four replaced by the checksum of the others. */
    static byte[] withChecksum(byte[] bytes) {
        byte[] signed = bytes.clone();
        ByteBuffer.wrap(signed).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 4, checksum(bytes));
        return signed;
    }

    private static int checksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, bytes.length - 4);
        return (int) checksum.getValue();
    }
}
