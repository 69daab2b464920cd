package io.firesteel.spark.columnar;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.apache.spark.sql.execution.RowToColumnConverter;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Computes a model over a partition of columnar batches and appends the result as the last column.
 *
 * <p>A batch of at least half the engine's batch size is computed as it comes, and its columns pass through untouched.
 * Smaller ones are gathered into full ones, divided where needed: their arguments in staging memory, the columns that pass through as copies, because a reader
 * reuses its vectors for its next batch. A batch whose results would be very large is given in slices. A result vector lives until the next batch is asked for or the task ends.
 */
public final class BatchInference implements Iterator<ColumnarBatch> {

    private final Iterator<ColumnarBatch> input;
    private final Inference inference;
    private final int[] carried;
    private final RowToColumnConverter converter;
    private boolean[] present;
    private WritableColumnVector[] gathered;
    private int gatheredRows;
    private ColumnarBatch next;
    private int position;
    private boolean divided;
    private ArrowColumnVector result;

    /**
     * @param input the partition's batches
     * @param task what to compute
     * @param context the running task, at whose end memory is given back
     */
    public BatchInference(Iterator<ColumnarBatch> input, InferenceTask task, TaskContext context) {
        this.input = input;
        this.carried = task.carried();
        this.converter = new RowToColumnConverter(task.carriedSchema());
        this.inference = new Inference(task, context);
        context.addTaskCompletionListener((TaskCompletionListener) ended -> close());
    }

    @Override
    public boolean hasNext() {
        while (gatheredRows == 0 || gatheredRows < inference.batchRows()) {
            if (next == null) {
                if (!input.hasNext()) {
                    break;
                }
                next = input.next();
                position = 0;
                divided = false;
            }
            if (next.numRows() > 0) {
                if (!isSmall()) {
                    break;
                }
                gather();
            }
            if (position == next.numRows()) {
                next = null;
            }
        }
        return next != null || gatheredRows > 0;
    }

    /** Whether the rest of the next batch is gathered; slices of a large one are not. */
    private boolean isSmall() {
        return (position == 0 || divided) && (next.numRows() - position) * 2L < inference.batchRows();
    }

    @Override
    public ColumnarBatch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        release();
        ColumnarBatch batch;
        if (gatheredRows > 0) {
            batch = computeGathered();
        } else {
            int end = Math.min(next.numRows(), position + inference.outputRows());
            batch = compute(next, position, end);
            position = end;
            next = end == next.numRows() ? null : next;
        }
        inference.task().metrics().outputRows().add(batch.numRows());
        return batch;
    }

    /** Takes as many of the next batch's rows as there is room for. */
    private void gather() {
        long start = System.nanoTime();
        int capacity = inference.batchRows();
        if (gathered == null) {
            gathered = OnHeapColumnVector.allocateColumns(capacity, inference.task().carriedSchema());
            present = new boolean[capacity];
        }
        if (gatheredRows == 0) {
            Arrays.stream(gathered).forEach(WritableColumnVector::reset);
        }
        int end = Math.min(next.numRows(), position + capacity - gatheredRows);
        RowSelection selection = RowSelection.of(next, inference.task().arguments(), position, end);
        inference.staging().append(next, selection, 0, selection.count());
        Arrays.fill(present, gatheredRows, gatheredRows + selection.total(), false);
        for (int i = 0; i < selection.count(); i++) {
            present[gatheredRows + selection.index(i)] = true;
        }
        ColumnarBatch passing = new ColumnarBatch(carried(next), next.numRows());
        for (int i = position; i < end; i++) {
            converter.convert(passing.getRow(i), gathered);
        }
        gatheredRows += selection.total();
        position = end;
        divided = true;
        inference.copied(System.nanoTime() - start);
    }

    private ColumnarBatch computeGathered() {
        RowSelection selection = RowSelection.of(present, gatheredRows);
        try (OutputBatch outputs = new OutputBatch(inference.task().model().outputs(), selection, inference.allocator())) {
            inference.run(outputs.targets(0, selection.count()));
            gatheredRows = 0;
            return append(gathered, selection.total(), outputs);
        }
    }

    private ColumnarBatch compute(ColumnarBatch batch, int first, int end) {
        int capacity = inference.batchRows();
        RowSelection selection = RowSelection.of(batch, inference.task().arguments(), first, end);
        try (OutputBatch outputs = new OutputBatch(inference.task().model().outputs(), selection, inference.allocator())) {
            for (int from = 0; from < selection.count(); from += capacity) {
                int rows = Math.min(capacity, selection.count() - from);
                long start = System.nanoTime();
                inference.staging().append(batch, selection, from, from + rows);
                inference.copied(System.nanoTime() - start);
                if (from + rows < selection.count()) {
                    inference.submit(outputs.targets(from, rows));
                } else {
                    inference.run(outputs.targets(from, rows));
                }
            }
            return append(slices(carried(batch), first, end, batch.numRows()), end - first, outputs);
        }
    }

    private static ColumnVector[] slices(ColumnVector[] columns, int first, int end, int total) {
        if (end - first < total) {
            Arrays.setAll(columns, i -> new ColumnSlice(columns[i], first, end - first, end == total));
        }
        return columns;
    }

    private ColumnVector[] carried(ColumnarBatch batch) {
        ColumnVector[] columns = new ColumnVector[carried.length];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = batch.column(carried[i]);
        }
        return columns;
    }

    private ColumnarBatch append(ColumnVector[] columns, int rows, OutputBatch outputs) {
        long start = System.nanoTime();
        ColumnVector[] all = Arrays.copyOf(columns, columns.length + 1, ColumnVector[].class);
        result = outputs.finish();
        all[columns.length] = result;
        inference.copied(System.nanoTime() - start);
        return new ColumnarBatch(all, rows);
    }

    private void release() {
        if (result != null) {
            result.close();
            result = null;
        }
    }

    private void close() {
        release();
        if (gathered != null) {
            Arrays.stream(gathered).forEach(WritableColumnVector::close);
            gathered = null;
        }
        inference.close();
    }
}
