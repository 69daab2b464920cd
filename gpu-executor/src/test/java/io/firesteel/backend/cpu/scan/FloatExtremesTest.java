package io.firesteel.backend.cpu.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatExtremesTest {

    @Test
    void agreesWithTheScalarLoop() {
        Random random = new Random(1);
        for (int count : new int[] {0, 1, 7, 16, 33, 1000, 4096}) {
            int[] bits = random.ints(count + 5).toArray();
            long expected = FloatExtremes.scalar(bits, 0, count, Integer.MAX_VALUE, Integer.MIN_VALUE);
            assertThat(FloatExtremes.of(bits, count)).as("%d elements", count).isEqualTo(expected);
        }
    }

    @Test
    void ordersAsFloatsDo() {
        float[] ascending = {Float.NEGATIVE_INFINITY, -Float.MAX_VALUE, -1, -Float.MIN_VALUE, -0.0f, 0.0f, Float.MIN_VALUE, 1,
            Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NaN};
        int[] bits = new int[ascending.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(ascending[i]);
            if (i > 0) {
                assertThat(FloatExtremes.key(bits[i])).isGreaterThan(FloatExtremes.key(bits[i - 1]));
            }
        }
        long packed = FloatExtremes.of(bits, bits.length - 1);
        assertThat(Float.intBitsToFloat(FloatExtremes.key(FloatExtremes.low(packed)))).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Float.intBitsToFloat(FloatExtremes.key(FloatExtremes.high(packed)))).isEqualTo(Float.POSITIVE_INFINITY);
    }
}
