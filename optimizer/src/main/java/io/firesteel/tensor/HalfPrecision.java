package io.firesteel.tensor;

/** Conversions between the 16-bit floating-point formats and float, rounding to nearest even (IEEE 754-2019; bfloat16). */
public final class HalfPrecision {

    private HalfPrecision() { }

    /** The float nearest to the IEEE binary16 bits. */
    public static float fromFloat16(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = (bits >>> 10) & 0x1f;
        int mantissa = bits & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
        }
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        return Float.intBitsToFloat(sign | (exponent + 112) << 23 | mantissa << 13);
    }

    /** The IEEE binary16 bits nearest to {@code value}; too large values become infinite. */
    public static short toFloat16(double value) {
        return toFloat16(roundToOdd(value));
    }

    // Rounding twice is wrong only where the first rounding lands on a tie of the second: so the first one rounds to odd.
    private static float roundToOdd(double value) {
        float single = (float) value;
        if (single == value || Double.isNaN(value) || Float.isInfinite(single)) {
            return single;
        }
        int bits = Float.floatToRawIntBits(single);
        if (Math.abs((double) single) > Math.abs(value)) {
            bits--;
        }
        return Float.intBitsToFloat(bits | 1);
    }

    /** The IEEE binary16 bits nearest to {@code value}; too large values become infinite. */
    public static short toFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > 0x7f800000) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 0x47800000) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude >= 0x38800000) {
            int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1);
            return (short) (sign | (rounded - 0x38000000) >>> 13);
        }
        return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24));
    }

    /** The float whose upper half is {@code bits}. */
    public static float fromBfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The bfloat16 bits nearest to {@code value}; too large values become infinite. */
    public static short toBfloat16(double value) {
        return toBfloat16(roundToOdd(value));
    }

    /** The bfloat16 bits nearest to {@code value}; too large values become infinite. */
    public static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
