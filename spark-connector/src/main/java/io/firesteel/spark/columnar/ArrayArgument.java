package io.firesteel.spark.columnar;

import io.firesteel.spark.model.TensorSpec;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.unsafe.Platform;

/** An array of numbers per row. Where the elements' bits are the tensor's, rows are copied whole, contiguous ones at once. */
final class ArrayArgument extends Argument {

    private static final int UNSAFE_ARRAY_COUNT_BYTES = 8;

    private final int ordinal;
    private final ElementWriter writer;
    private final int elements;
    private final int rowBytes;

    ArrayArgument(TensorSpec input, String column, int ordinal, DataType elementType) {
        super(input, column);
        this.ordinal = ordinal;
        this.writer = new ElementWriter(elementType, input.type(), column);
        this.elements = input.elements();
        this.rowBytes = input.bytes();
    }

    @Override
    void copy(ColumnarBatch batch, RowSelection rows, int from, int to, long address) {
        ArraySource source = writer.sameBits() ? ArraySource.of(batch.column(ordinal)) : null;
        if (source == null) {
            copyRows(batch, rows, from, to, address);
            return;
        }
        copyRuns(source, rows, from, to, address, elements);
    }

    @Override
    String describe(int count) {
        return "shape [" + count + "]";
    }

    @Override
    void copy(InternalRow row, long address) {
        ArrayData array = row.getArray(ordinal);
        if (array.numElements() != elements) {
            throw wrongLength(describe(array.numElements()));
        }
        if (writer.sameBits() && array instanceof UnsafeArrayData unsafe) {
            copy(unsafe, address);
            return;
        }
        for (int j = 0; j < elements; j++) {
            if (array.isNullAt(j)) {
                throw nullElement(j);
            }
            writer.write(array, j, address + (long) j * writer.bytes());
        }
    }

    private void copy(UnsafeArrayData array, long address) {
        Object base = array.getBaseObject();
        long offset = array.getBaseOffset();
        int header = UnsafeArrayData.calculateHeaderPortionInBytes(elements);
        for (int word = UNSAFE_ARRAY_COUNT_BYTES; word < header; word += Long.BYTES) {
            if (Platform.getLong(base, offset + word) != 0) {
                throw nullElement((word - UNSAFE_ARRAY_COUNT_BYTES) * Byte.SIZE
                        + Long.numberOfTrailingZeros(Platform.getLong(base, offset + word)));
            }
        }
        Platform.copyMemory(base, offset + header, null, address, rowBytes);
    }
}
