package io.firesteel.spark.columnar;

import io.firesteel.FiresteelException;
import io.firesteel.spark.model.SparkTypes;
import io.firesteel.spark.model.TensorSpec;
import io.firesteel.tensor.HalfPrecision;
import org.apache.spark.unsafe.Platform;

/** Turns an output's elements into those of its Spark type: half precision and unsigned integers take a wider one. */
final class Widening {

    private static final int UINT16_MASK = 0xFFFF;
    private static final int UINT8_MASK = 0xFF;
    private static final long UINT32_MASK = 0xFFFFFFFFL;

    private Widening() { }

    /** Whether the output's bits are not those of its Spark type. */
    static boolean needed(TensorSpec output) {
        return !SparkTypes.sameBits(SparkTypes.element(output.type()), output.type());
    }

    /** Bytes of one element of the output's Spark type. */
    static int elementBytes(TensorSpec output) {
        return SparkTypes.element(output.type()).defaultSize();
    }

    /** Converts {@code count} elements from one address to another; the two ranges do not overlap. */
    static void convert(TensorSpec output, long from, long to, long count) {
        switch (output.type()) {
            case FLOAT16 -> {
                for (long i = 0; i < count; i++) {
                    Platform.putFloat(null, to + 4 * i, HalfPrecision.fromFloat16(Platform.getShort(null, from + 2 * i)));
                }
            }
            case BFLOAT16 -> {
                for (long i = 0; i < count; i++) {
                    Platform.putFloat(null, to + 4 * i, HalfPrecision.fromBfloat16(Platform.getShort(null, from + 2 * i)));
                }
            }
            case UINT8 -> {
                for (long i = 0; i < count; i++) {
                    Platform.putShort(null, to + 2 * i, (short) (Platform.getByte(null, from + i) & UINT8_MASK));
                }
            }
            case UINT16 -> {
                for (long i = 0; i < count; i++) {
                    Platform.putInt(null, to + 4 * i, Platform.getShort(null, from + 2 * i) & UINT16_MASK);
                }
            }
            case UINT32 -> {
                for (long i = 0; i < count; i++) {
                    Platform.putLong(null, to + 8 * i, Platform.getInt(null, from + 4 * i) & UINT32_MASK);
                }
            }
            case UINT64 -> {
                for (long i = 0; i < count; i++) {
                    Platform.putLong(null, to + 8 * i, signed(output, Platform.getLong(null, from + 8 * i)));
                }
            }
            default -> throw new IllegalStateException(output + " needs no widening");
        }
    }

    private static long signed(TensorSpec output, long value) {
        if (value < 0) {
            throw FiresteelException.user("VALUE_OUT_OF_RANGE", "output '" + output.name() + "' has the value "
                    + Long.toUnsignedString(value) + ", which bigint cannot hold");
        }
        return value;
    }
}
