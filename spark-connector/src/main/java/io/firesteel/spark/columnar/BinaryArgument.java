package io.firesteel.spark.columnar;

import io.firesteel.spark.model.TensorSpec;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.unsafe.Platform;

/** A binary per row that holds the tensor's elements, little endian and row-major. */
final class BinaryArgument extends Argument {

    private final int ordinal;
    private final int rowBytes;

    BinaryArgument(TensorSpec input, String column, int ordinal) {
        super(input, column);
        this.ordinal = ordinal;
        this.rowBytes = input.bytes();
    }

    @Override
    void copy(ColumnarBatch batch, RowSelection rows, int from, int to, long address) {
        ArraySource source = ArraySource.of(batch.column(ordinal));
        if (source == null) {
            copyRows(batch, rows, from, to, address);
        } else {
            copyRuns(source, rows, from, to, address, rowBytes);
        }
    }

    @Override
    String describe(int bytes) {
        return bytes + " bytes (the tensor has " + rowBytes + ")";
    }

    @Override
    void copy(InternalRow row, long address) {
        byte[] bytes = row.getBinary(ordinal);
        if (bytes.length != rowBytes) {
            throw wrongLength(describe(bytes.length));
        }
        Platform.copyMemory(bytes, Platform.BYTE_ARRAY_OFFSET, null, address, rowBytes);
    }
}
