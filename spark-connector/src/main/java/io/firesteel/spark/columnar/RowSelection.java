package io.firesteel.spark.columnar;

import java.util.Arrays;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** The rows of a batch, or of a range of it, whose arguments are all present: those that are computed. */
final class RowSelection {

    private final int first;
    private final int total;
    private final int[] indices;

    private RowSelection(int first, int total, int[] indices) {
        this.first = first;
        this.total = total;
        this.indices = indices;
    }

    /** The rows {@code from} to {@code to} in which none of the columns is null. */
    static RowSelection of(ColumnarBatch batch, int[] ordinals, int from, int to) {
        int total = to - from;
        int[] indices = null;
        int count = total;
        for (int ordinal : ordinals) {
            ColumnVector column = batch.column(ordinal);
            if (!column.hasNull()) {
                continue;
            }
            if (indices == null) {
                indices = new int[total];
                Arrays.setAll(indices, i -> i);
            }
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (!column.isNullAt(from + indices[i])) {
                    indices[kept++] = indices[i];
                }
            }
            count = kept;
        }
        return new RowSelection(from, total, count == total ? null : Arrays.copyOf(indices, count));
    }

    /** The rows where {@code present} is set, of the first {@code total}. */
    static RowSelection of(boolean[] present, int total) {
        int[] indices = new int[total];
        int count = 0;
        for (int i = 0; i < total; i++) {
            if (present[i]) {
                indices[count++] = i;
            }
        }
        return new RowSelection(0, total, count == total ? null : Arrays.copyOf(indices, count));
    }

    /** Rows of the range. */
    int total() {
        return total;
    }

    /** Rows selected. */
    int count() {
        return indices == null ? total : indices.length;
    }

    boolean isAll() {
        return indices == null;
    }

    /** The {@code i}-th selected row, counted from the range's first. */
    int index(int i) {
        return indices == null ? i : indices[i];
    }

    /** The {@code i}-th selected row, counted from the batch's first. */
    int row(int i) {
        return first + index(i);
    }
}
