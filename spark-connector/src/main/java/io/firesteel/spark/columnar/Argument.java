package io.firesteel.spark.columnar;

import io.firesteel.FiresteelException;
import io.firesteel.spark.model.TensorSpec;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Copies what SQL passes for one input of a model into staging memory, row after row without gaps. */
abstract class Argument {

    private final TensorSpec input;
    private final String column;

    Argument(TensorSpec input, String column) {
        this.input = input;
        this.column = column;
    }

    /**
     * Copies selected rows of a batch.
     *
     * @param from first of the selected rows
     * @param to end of the selected rows
     * @param address where the first row goes
     */
    abstract void copy(ColumnarBatch batch, RowSelection rows, int from, int to, long address);

    /** Copies one row, none of whose arguments is null. */
    abstract void copy(InternalRow row, long address);

    TensorSpec input() {
        return input;
    }

    String column() {
        return column;
    }

    /** Copies row by row, for columns whose memory cannot be reached. */
    final void copyRows(ColumnarBatch batch, RowSelection rows, int from, int to, long address) {
        int rowBytes = input.bytes();
        for (int i = from; i < to; i++) {
            copy(batch.getRow(rows.index(i)), address + (long) (i - from) * rowBytes);
        }
    }

    final FiresteelException wrongLength(String has) {
        return FiresteelException.user("ROW_SHAPE", "column '" + column + "' has a row of " + has + " where the model's input '"
                + input.name() + "' expects shape " + input.shape() + " (" + input.elements() + " " + input.type()
                + " values); correct or filter such rows");
    }

    final FiresteelException nullElement(int index) {
        return FiresteelException.user("NULL_ELEMENT", "column '" + column + "' has a row whose element " + index
                + " is null; the model's input '" + input.name() + "' " + input.shape() + " needs every value: replace nulls"
                + " or filter such rows");
    }
}
