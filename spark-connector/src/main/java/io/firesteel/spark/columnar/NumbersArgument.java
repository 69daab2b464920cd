package io.firesteel.spark.columnar;

import io.firesteel.spark.model.TensorSpec;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** One or more columns of numbers, each an element of the input's row. */
final class NumbersArgument extends Argument {

    /** Rows transposed together, so that a column's values and the rows' lines stay in the nearest cache. */
    private static final int BLOCK = 64;

    private final int[] ordinals;
    private final ElementWriter[] writers;
    private final int rowBytes;

    NumbersArgument(TensorSpec input, List<String> columns, int[] ordinals, List<DataType> types) {
        super(input, String.join(", ", columns));
        this.ordinals = ordinals;
        this.writers = new ElementWriter[ordinals.length];
        for (int c = 0; c < ordinals.length; c++) {
            writers[c] = new ElementWriter(types.get(c), input.type(), columns.get(c));
        }
        this.rowBytes = input.bytes();
    }

    @Override
    void copy(ColumnarBatch batch, RowSelection rows, int from, int to, long address) {
        for (int block = from; block < to; block += BLOCK) {
            int end = Math.min(to, block + BLOCK);
            for (int c = 0; c < ordinals.length; c++) {
                ColumnVector column = batch.column(ordinals[c]);
                long element = address + (long) c * writers[c].bytes();
                for (int i = block; i < end; i++) {
                    writers[c].write(column, rows.row(i), element + (long) (i - from) * rowBytes);
                }
            }
        }
    }

    @Override
    String describe(int count) {
        return count + " numbers";
    }

    @Override
    void copy(InternalRow row, long address) {
        for (int c = 0; c < ordinals.length; c++) {
            writers[c].write(row, ordinals[c], address + (long) c * writers[c].bytes());
        }
    }
}
