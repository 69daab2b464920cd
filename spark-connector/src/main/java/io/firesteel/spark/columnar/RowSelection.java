package io.firesteel.spark.columnar;

import java.util.Arrays;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** The rows of a batch whose arguments are all present: those that are computed. */
final class RowSelection {

    private final int total;
    private final int[] indices;

    private RowSelection(int total, int[] indices) {
        this.total = total;
        this.indices = indices;
    }

    /** Every row of a batch of {@code total}. */
    static RowSelection all(int total) {
        return new RowSelection(total, null);
    }

    /** The rows in which none of the columns is null. */
    static RowSelection of(ColumnarBatch batch, int[] ordinals) {
        int total = batch.numRows();
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
                if (!column.isNullAt(indices[i])) {
                    indices[kept++] = indices[i];
                }
            }
            count = kept;
        }
        return count == total ? all(total) : new RowSelection(total, Arrays.copyOf(indices, count));
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
        return count == total ? all(total) : new RowSelection(total, Arrays.copyOf(indices, count));
    }

    /** Rows of the batch. */
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

    /** The batch's row that is the {@code i}-th selected. */
    int index(int i) {
        return indices == null ? i : indices[i];
    }
}
