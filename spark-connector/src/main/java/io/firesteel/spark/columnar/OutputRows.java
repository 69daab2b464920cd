package io.firesteel.spark.columnar;

import io.firesteel.spark.model.SparkTypes;
import io.firesteel.spark.model.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.unsafe.Platform;

/** The outputs of one batch, read row by row as Catalyst's values. */
final class OutputRows implements AutoCloseable {

    private final List<TensorSpec> specs;
    private final NativeBuffer[] raw;
    private final NativeBuffer[] values;

    OutputRows(List<TensorSpec> specs, int capacity, BufferAllocator allocator) {
        this.specs = specs;
        this.raw = new NativeBuffer[specs.size()];
        this.values = new NativeBuffer[specs.size()];
        try {
            for (int i = 0; i < raw.length; i++) {
                TensorSpec spec = specs.get(i);
                raw[i] = new NativeBuffer(allocator, (long) capacity * spec.bytes());
                values[i] = Widening.needed(spec)
                        ? new NativeBuffer(allocator, (long) capacity * spec.elements() * Widening.elementBytes(spec))
                        : raw[i];
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Where the engine writes {@code rows} rows. */
    ByteBuffer[] targets(int rows) {
        ByteBuffer[] targets = new ByteBuffer[raw.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = raw[i].view(0, rows, specs.get(i).bytes());
        }
        return targets;
    }

    /** Makes {@code rows} rows readable. */
    void convert(int rows) {
        for (int i = 0; i < raw.length; i++) {
            if (values[i] != raw[i]) {
                Widening.convert(specs.get(i), raw[i].address(), values[i].address(), (long) rows * specs.get(i).elements());
            }
        }
    }

    /** The result of computed row {@code row}: a value or array, or a struct of them for several outputs. */
    Object value(int row) {
        if (specs.size() == 1) {
            return value(0, row);
        }
        Object[] fields = new Object[specs.size()];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = value(i, row);
        }
        return new GenericInternalRow(fields);
    }

    private Object value(int output, int row) {
        TensorSpec spec = specs.get(output);
        DataType element = SparkTypes.element(spec.type());
        int rowBytes = spec.elements() * Widening.elementBytes(spec);
        long address = values[output].address() + (long) row * rowBytes;
        return spec.isScalar() ? scalar(element, address) : array(spec.elements(), address, rowBytes);
    }

    private static Object array(int elements, long address, int bytes) {
        int header = UnsafeArrayData.calculateHeaderPortionInBytes(elements);
        byte[] memory = new byte[header + (bytes + Long.BYTES - 1) / Long.BYTES * Long.BYTES];
        Platform.putLong(memory, Platform.BYTE_ARRAY_OFFSET, elements);
        Platform.copyMemory(null, address, memory, Platform.BYTE_ARRAY_OFFSET + header, bytes);
        UnsafeArrayData array = new UnsafeArrayData();
        array.pointTo(memory, Platform.BYTE_ARRAY_OFFSET, memory.length);
        return array;
    }

    private static Object scalar(DataType type, long address) {
        if (type instanceof FloatType) {
            return Platform.getFloat(null, address);
        } else if (type instanceof DoubleType) {
            return Platform.getDouble(null, address);
        } else if (type instanceof LongType) {
            return Platform.getLong(null, address);
        } else if (type instanceof IntegerType) {
            return Platform.getInt(null, address);
        } else if (type instanceof ShortType) {
            return Platform.getShort(null, address);
        } else if (type instanceof BooleanType) {
            return Platform.getByte(null, address) != 0;
        }
        return Platform.getByte(null, address);
    }

    @Override
    public void close() {
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != null) {
                raw[i].close();
            }
            if (values[i] != null) {
                values[i].close();
            }
        }
    }
}
