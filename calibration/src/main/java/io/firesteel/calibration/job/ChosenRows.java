package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sensitivity.ClassLabels;
import io.firesteel.spark.catalog.Catalyst;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;

/** The rows of a partition that belong to a sample, equal ones once, as {@link RowExchange} sends them. A row is valid until the next one. */
final class ChosenRows extends LazyIterator<InternalRow> {

    private final Iterator<InternalRow> rows;
    private final RowTensors tensors;
    private final ClassLabels labels;
    private final Map<ContentHash, Integer> runs;
    private final Set<ContentHash> found = new HashSet<>();

    /**
     * @param labels of the rows, which have a label before the inputs that belongs to what they are chosen by; or null
     * @param runs the rows that are chosen, and where they go
     */
    ChosenRows(Iterator<InternalRow> rows, RowTensors.Layout layout, ClassLabels labels, Map<ContentHash, Integer> runs) {
        this.rows = rows;
        this.tensors = new RowTensors(layout, TaskContext.get());
        this.labels = labels;
        this.runs = runs;
    }

    @Override
    protected boolean fill(Queue<InternalRow> queue) {
        if (!rows.hasNext()) {
            return false;
        }
        InternalRow row = rows.next();
        if (tensors.read(row) && !(labels != null && row.isNullAt(0))) {
            ContentHash hash = labels != null ? ValidationSample.key(tensors, row) : tensors.hash();
            if (runs.containsKey(hash) && found.add(hash)) {
                long label = labels != null ? labels.index(row.getUTF8String(0).toString()) : 0;
                queue.add(Catalyst.row(runs.get(hash), hash.toBytes(), label, tensors.bytes()));
            }
        }
        return true;
    }
}
