package io.firesteel.spark.columnar;

import java.lang.reflect.Field;
import java.util.Map;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.execution.vectorized.OffHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.unsafe.Platform;

/**
 * The memory behind the elements of an array column or the bytes of a binary one, where it can be reached: Spark's on-heap
 * and off-heap vectors, Arrow's lists and binaries. Null and empty rows take a slot in Spark's own vectors, so rows are located one by one.
 */
abstract class ArraySource {

    private static final Map<DataType, HeapArray> HEAP_ARRAYS = Map.of(
            DataTypes.FloatType, HeapArray.of("floatData", Platform.FLOAT_ARRAY_OFFSET),
            DataTypes.DoubleType, HeapArray.of("doubleData", Platform.DOUBLE_ARRAY_OFFSET),
            DataTypes.LongType, HeapArray.of("longData", Platform.LONG_ARRAY_OFFSET),
            DataTypes.IntegerType, HeapArray.of("intData", Platform.INT_ARRAY_OFFSET),
            DataTypes.ShortType, HeapArray.of("shortData", Platform.SHORT_ARRAY_OFFSET),
            DataTypes.ByteType, HeapArray.of("byteData", Platform.BYTE_ARRAY_OFFSET),
            DataTypes.BooleanType, HeapArray.of("byteData", Platform.BYTE_ARRAY_OFFSET));

    /** A private array of Spark's on-heap vector, and where its elements start. */
    private record HeapArray(Field field, long offset) {

        static HeapArray of(String name, long offset) {
            try {
                Field field = OnHeapColumnVector.class.getDeclaredField(name);
                field.setAccessible(true);
                return new HeapArray(field, offset);
            } catch (NoSuchFieldException e) {
                throw new IllegalStateException("this Spark's OnHeapColumnVector has no " + name, e);
            }
        }
    }

    private final Object base;
    private final long offset;

    private ArraySource(Object base, long offset) {
        this.base = base;
        this.offset = offset;
    }

    /** The array object that holds the elements, or null where they are off the heap. */
    Object base() {
        return base;
    }

    /** Offset of element 0 within {@link #base()}, or its address. */
    long offset() {
        return offset;
    }

    /** Index of a row's first element. */
    abstract int start(int row);

    /** Elements of a row. */
    abstract int length(int row);

    /** Whether any element may be null. */
    abstract boolean mayHaveNullElements();

    /** Whether an element is null. */
    abstract boolean isNullElement(int index);

    /** The memory behind a column, or null where only Spark's accessors reach it. */
    static ArraySource of(ColumnVector column) {
        if (column instanceof WritableColumnVector writable) {
            return ofWritable(writable);
        }
        if (column instanceof ArrowColumnVector arrow && arrow.getValueVector() instanceof ListVector list
                && list.getDataVector() instanceof BaseFixedWidthVector data && !(data instanceof BitVector)) {
            return new ArrowSource(list, data);
        }
        if (column instanceof ArrowColumnVector arrow && arrow.getValueVector() instanceof VarBinaryVector binary) {
            return new ArrowBinarySource(binary);
        }
        return null;
    }

    private static ArraySource ofWritable(WritableColumnVector column) {
        WritableColumnVector data = column.arrayData();
        if (column.hasDictionary() || data.hasDictionary()) {
            return null;
        }
        if (data instanceof OffHeapColumnVector offHeap) {
            return new SparkSource(column, data, null, offHeap.valuesNativeAddress());
        }
        HeapArray heap = data instanceof OnHeapColumnVector ? HEAP_ARRAYS.get(data.dataType()) : null;
        if (heap == null) {
            return null;
        }
        try {
            Object array = heap.field().get(data);
            return array == null ? null : new SparkSource(column, data, array, heap.offset());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("cannot read " + heap.field(), e);
        }
    }

    private static final class SparkSource extends ArraySource {
        private final WritableColumnVector column;
        private final WritableColumnVector data;

        SparkSource(WritableColumnVector column, WritableColumnVector data, Object base, long offset) {
            super(base, offset);
            this.column = column;
            this.data = data;
        }

        @Override
        int start(int row) {
            return column.getArrayOffset(row);
        }

        @Override
        int length(int row) {
            return column.getArrayLength(row);
        }

        @Override
        boolean mayHaveNullElements() {
            return data.hasNull();
        }

        @Override
        boolean isNullElement(int index) {
            return data.isNullAt(index);
        }
    }

    private static final class ArrowSource extends ArraySource {
        private final ListVector list;
        private final BaseFixedWidthVector data;

        ArrowSource(ListVector list, BaseFixedWidthVector data) {
            super(null, data.getDataBuffer().memoryAddress());
            this.list = list;
            this.data = data;
        }

        @Override
        int start(int row) {
            return list.getElementStartIndex(row);
        }

        @Override
        int length(int row) {
            return list.getElementEndIndex(row) - list.getElementStartIndex(row);
        }

        @Override
        boolean mayHaveNullElements() {
            return data.getNullCount() > 0;
        }

        @Override
        boolean isNullElement(int index) {
            return data.isNull(index);
        }
    }

    private static final class ArrowBinarySource extends ArraySource {
        private final VarBinaryVector binary;

        ArrowBinarySource(VarBinaryVector binary) {
            super(null, binary.getDataBuffer().memoryAddress());
            this.binary = binary;
        }

        @Override
        int start(int row) {
            return binary.getStartOffset(row);
        }

        @Override
        int length(int row) {
            return binary.getValueLength(row);
        }

        @Override
        boolean mayHaveNullElements() {
            return false;
        }

        @Override
        boolean isNullElement(int index) {
            return false;
        }
    }
}
