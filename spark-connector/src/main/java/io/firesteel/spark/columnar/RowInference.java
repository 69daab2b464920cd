package io.firesteel.spark.columnar;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;

/**
 * Computes a model over a partition of rows and appends the result as the last field.
 *
 * <p>Arguments go straight from the row's bytes into staging memory; the fields that pass through are kept as rows, so they
 * never take a columnar form.
 */
public final class RowInference implements Iterator<InternalRow> {

    private final Iterator<InternalRow> input;
    private final Inference inference;
    private final UnsafeProjection carry;
    private final UnsafeProjection join;
    private UnsafeRow[] rows;
    private boolean[] present;
    private OutputRows outputs;
    private final JoinedRow joined = new JoinedRow();
    private final GenericInternalRow result = new GenericInternalRow(1);
    private int count;
    private int position;
    private int computed;

    /**
     * @param input the partition's rows
     * @param task what to compute
     * @param carry keeps the fields that pass through
     * @param join makes the output row of those fields and the result
     * @param context the running task, at whose end memory is given back
     */
    public RowInference(Iterator<InternalRow> input, InferenceTask task, UnsafeProjection carry, UnsafeProjection join,
            TaskContext context) {
        this.input = input;
        this.carry = carry;
        this.join = join;
        this.inference = new Inference(task, context);
        context.addTaskCompletionListener((TaskCompletionListener) ended -> close());
    }

    private void open() {
        rows = new UnsafeRow[inference.batchRows()];
        present = new boolean[rows.length];
        outputs = new OutputRows(inference.task().model().outputs(), rows.length, inference.allocator());
    }

    @Override
    public boolean hasNext() {
        return position < count || input.hasNext();
    }

    @Override
    public InternalRow next() {
        if (position == count) {
            if (!input.hasNext()) {
                throw new NoSuchElementException();
            }
            fill();
        }
        if (present[position]) {
            result.update(0, outputs.value(computed++));
        } else {
            result.setNullAt(0);
        }
        InternalRow row = join.apply(joined.apply(rows[position], result));
        rows[position++] = null;
        return row;
    }

    private void fill() {
        if (outputs == null) {
            open();
        }
        count = 0;
        position = 0;
        computed = 0;
        long nanos = 0;
        while (count < rows.length && input.hasNext()) {
            InternalRow row = input.next();
            long start = System.nanoTime();
            rows[count] = carry.apply(row).copy();
            present[count] = isPresent(row);
            if (present[count]) {
                inference.staging().append(row);
            }
            count++;
            nanos += System.nanoTime() - start;
        }
        inference.copied(nanos);
        int staged = inference.staging().rows();
        ByteBuffer[] targets = outputs.targets(staged);
        inference.run(targets);
        long start = System.nanoTime();
        outputs.convert(staged);
        inference.copied(System.nanoTime() - start);
        inference.task().metrics().outputRows().add(count);
    }

    private boolean isPresent(InternalRow row) {
        for (int ordinal : inference.task().arguments()) {
            if (row.isNullAt(ordinal)) {
                return false;
            }
        }
        return true;
    }

    private void close() {
        if (outputs != null) {
            outputs.close();
        }
        inference.close();
    }
}
