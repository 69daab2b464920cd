package io.firesteel.spark.columnar;

import io.firesteel.FiresteelException;
import io.firesteel.spark.model.TensorSpec;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.unsafe.Platform;

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
            copy(batch.getRow(rows.row(i)), address + (long) (i - from) * rowBytes);
        }
    }

    /**
     * Copies rows from where their elements lie, those that lie one after the other at once.
     *
     * @param elements elements of a row
     */
    final void copyRuns(ArraySource source, RowSelection rows, int from, int to, long address, int elements) {
        int rowBytes = input.bytes();
        long elementBytes = rowBytes / Math.max(1, elements);
        boolean mayHaveNulls = source.mayHaveNullElements();
        int i = from;
        while (i < to) {
            int start = source.start(rows.row(i));
            int next = i;
            while (next < to && source.start(rows.row(next)) == start + (next - i) * elements) {
                int row = rows.row(next);
                if (source.length(row) != elements) {
                    throw wrongLength(describe(source.length(row)));
                }
                if (mayHaveNulls) {
                    checkElements(source, row, elements);
                }
                next++;
            }
            Platform.copyMemory(source.base(), source.offset() + start * elementBytes, null,
                    address + (long) (i - from) * rowBytes, (long) (next - i) * rowBytes);
            i = next;
        }
    }

    private void checkElements(ArraySource source, int row, int elements) {
        int start = source.start(row);
        for (int j = 0; j < elements; j++) {
            if (source.isNullElement(start + j)) {
                throw nullElement(j);
            }
        }
    }

    /** What a row of some elements is, for errors. */
    abstract String describe(int elements);

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
