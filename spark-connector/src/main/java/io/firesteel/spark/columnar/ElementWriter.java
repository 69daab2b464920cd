package io.firesteel.spark.columnar;

import io.firesteel.FiresteelException;
import io.firesteel.spark.model.SparkTypes;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HalfPrecision;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.unsafe.Platform;

/**
 * Writes single numbers of one Spark type into memory as one tensor element type. Floating-point numbers are rounded to
 * nearest; an integer that the element type cannot hold fails.
 */
final class ElementWriter {

    private enum Source { BOOLEAN, BYTE, SHORT, INT, LONG, FLOAT, DOUBLE }

    private final Source source;
    private final DataType target;
    private final String column;
    private final boolean sameBits;

    ElementWriter(org.apache.spark.sql.types.DataType source, DataType target, String column) {
        this.source = source(source);
        this.target = target;
        this.column = column;
        this.sameBits = SparkTypes.sameBits(source, target);
    }

    private static Source source(org.apache.spark.sql.types.DataType type) {
        if (type instanceof FloatType) {
            return Source.FLOAT;
        } else if (type instanceof DoubleType) {
            return Source.DOUBLE;
        } else if (type instanceof LongType) {
            return Source.LONG;
        } else if (type instanceof IntegerType) {
            return Source.INT;
        } else if (type instanceof ShortType) {
            return Source.SHORT;
        } else if (type instanceof ByteType) {
            return Source.BYTE;
        } else if (type instanceof BooleanType) {
            return Source.BOOLEAN;
        }
        throw new IllegalArgumentException("not a number: " + type);
    }

    /** Whether the source's values lie in memory exactly as the tensor's do. */
    boolean sameBits() {
        return sameBits;
    }

    /** Bytes of one element in the tensor. */
    int bytes() {
        return target.bytes();
    }

    void write(SpecializedGetters values, int ordinal, long address) {
        switch (source) {
            case FLOAT -> put(values.getFloat(ordinal), address);
            case DOUBLE -> put(values.getDouble(ordinal), address);
            case LONG -> put(values.getLong(ordinal), address);
            case INT -> put((long) values.getInt(ordinal), address);
            case SHORT -> put((long) values.getShort(ordinal), address);
            case BYTE -> put((long) values.getByte(ordinal), address);
            case BOOLEAN -> Platform.putBoolean(null, address, values.getBoolean(ordinal));
        }
    }

    void write(ColumnVector values, int row, long address) {
        switch (source) {
            case FLOAT -> put(values.getFloat(row), address);
            case DOUBLE -> put(values.getDouble(row), address);
            case LONG -> put(values.getLong(row), address);
            case INT -> put((long) values.getInt(row), address);
            case SHORT -> put((long) values.getShort(row), address);
            case BYTE -> put((long) values.getByte(row), address);
            case BOOLEAN -> Platform.putBoolean(null, address, values.getBoolean(row));
        }
    }

    private void put(double value, long address) {
        switch (target) {
            case FLOAT32 -> Platform.putFloat(null, address, (float) value);
            case FLOAT64 -> Platform.putDouble(null, address, value);
            case FLOAT16 -> Platform.putShort(null, address, HalfPrecision.toFloat16(value));
            case BFLOAT16 -> Platform.putShort(null, address, HalfPrecision.toBfloat16((float) value));
            default -> throw new IllegalStateException("floating-point values for " + target);
        }
    }

    private void put(long value, long address) {
        switch (target) {
            case FLOAT32 -> Platform.putFloat(null, address, value);
            case FLOAT64 -> Platform.putDouble(null, address, value);
            case FLOAT16 -> Platform.putShort(null, address, HalfPrecision.toFloat16((double) value));
            case BFLOAT16 -> Platform.putShort(null, address, HalfPrecision.toBfloat16(value));
            case INT8 -> Platform.putByte(null, address, (byte) within(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> Platform.putByte(null, address, (byte) within(value, 0, 0xFF));
            case INT16 -> Platform.putShort(null, address, (short) within(value, Short.MIN_VALUE, Short.MAX_VALUE));
            case UINT16 -> Platform.putShort(null, address, (short) within(value, 0, 0xFFFF));
            case INT32 -> Platform.putInt(null, address, (int) within(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case UINT32 -> Platform.putInt(null, address, (int) within(value, 0, 0xFFFFFFFFL));
            case INT64 -> Platform.putLong(null, address, value);
            case UINT64 -> Platform.putLong(null, address, within(value, 0, Long.MAX_VALUE));
            default -> throw new IllegalStateException("integers for " + target);
        }
    }

    private long within(long value, long least, long most) {
        if (value < least || value > most) {
            throw FiresteelException.user("VALUE_OUT_OF_RANGE", "column '" + column + "' has the value " + value
                    + ", which the model's " + target + " input cannot hold (" + least + " to " + most + ")");
        }
        return value;
    }
}
