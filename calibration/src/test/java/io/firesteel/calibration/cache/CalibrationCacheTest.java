package io.firesteel.calibration.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.entry;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationCacheTest {

    private static final String HEADER = "TRT-8601-EntropyCalibration2\n";

    @Test
    void writesHeaderNamesAndBigEndianScales() {
        Map<String, Double> thresholds = new LinkedHashMap<>();
        thresholds.put("input", 127.0);
        thresholds.put("(Unnamed Layer* 3) [Convolution]_output", 1.0);
        thresholds.put("a: b", 63.5);
        assertThat(text(CalibrationCache.ofThresholds(CacheHeader.DEFAULT, thresholds))).isEqualTo(HEADER
                + "input: 3f800000\n(Unnamed Layer* 3) [Convolution]_output: 3c010204\na: b: 3f000000\n");
    }

    @Test
    void readsWhatItWrote(@TempDir Path folder) throws IOException {
        Map<String, Float> scales = new LinkedHashMap<>();
        scales.put("z", 0.01f);
        scales.put("größe", Float.MIN_VALUE);
        scales.put("a", 0f);
        CalibrationCache cache = new CalibrationCache(new CacheHeader("100300", "MinMaxCalibration"), scales);
        Path file = folder.resolve("network.cache");
        cache.write(file);
        CalibrationCache read = CalibrationCache.read(file);
        assertThat(read).isEqualTo(cache);
        assertThat(read.scales().keySet()).containsExactly("z", "größe", "a");
        assertThat(read.header().line()).isEqualTo("TRT-100300-MinMaxCalibration");
        assertThat(read.thresholds()).containsEntry("z", (double) 0.01f * 127);
    }

    @Test
    void takesShortAndUpperCaseDigitsAndOtherLineBreaks() {
        assertThat(parse("TRT-7103-LegacyCalibration\r\nx: 3C010A14\r\ny: 0\r\n\r\nz: 800000").scales())
                .containsExactly(entry("x", Float.intBitsToFloat(0x3c010a14)), entry("y", 0f),
                        entry("z", Float.MIN_NORMAL));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x 3c010a14", "x: ", ": 3c010a14", "x: 3c010a145", "x: 3c01-a14", "x:3c010a14", "x: +1",
        "x: 7f800000", "x: 7fc00000", "x: bc010a14", "x: 3c010a14\nx: 3c010a14"})
    void aWrongLineIsNamed(String line) {
        assertThatThrownBy(() -> parse(HEADER + "first: 3c010a14\n" + line)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("line " + (line.contains("\n") ? 4 : 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x: 3c010a14", "TRT-8601", "TRT--EntropyCalibration2", "trt-8601-EntropyCalibration2",
        "TRT-8601-Entropy Calibration"})
    void aWrongHeaderIsRefused(String header) {
        assertThatThrownBy(() -> parse(header + "\nx: 3c010a14\n")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("'" + header + "'").hasMessageContaining("TRT-8601-EntropyCalibration2");
    }

    @Test
    void namesAndScalesThatCannotBeWrittenAreRefused() {
        assertThatThrownBy(() -> new CacheHeader("8.6", "EntropyCalibration2")).isInstanceOf(FiresteelException.class);
        for (String name : new String[] {"", "a\nb", "a\rb"}) {
            assertThatThrownBy(() -> new CalibrationCache(CacheHeader.DEFAULT, Map.of(name, 1f)))
                    .isInstanceOf(FiresteelException.class);
        }
        for (float scale : new float[] {-1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new CalibrationCache(CacheHeader.DEFAULT, Map.of("x", scale)))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("'x'");
        }
    }

    @Test
    void hostileBytesGiveACacheOrAClearError() {
        byte[] bytes = (HEADER + "first: 3c010a14\nsecond: 3d010a14\n").getBytes(StandardCharsets.UTF_8);
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] hostile = bytes.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                hostile[random.nextInt(hostile.length)] = (byte) random.nextInt();
            }
            Throwable thrown = catchThrowable(() -> CalibrationCache.fromBytes(hostile));
            if (thrown != null) {
                assertThat(thrown).isInstanceOf(FiresteelException.class);
                assertThat(thrown.getMessage()).doesNotContain("\n");
            }
        }
    }

    private static CalibrationCache parse(String text) {
        return CalibrationCache.fromBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(CalibrationCache cache) {
        return new String(cache.toBytes(), StandardCharsets.UTF_8);
    }
}
