package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import scala.Tuple2;

/** The rows of a partition that belong to a sample, equal ones once. */
final class ChosenRows implements Iterator<Tuple2<ContentHash, byte[]>> {

    private final Iterator<InternalRow> rows;
    private final RowTensors tensors;
    private final Set<ContentHash> wanted;
    private final Set<ContentHash> found = new HashSet<>();
    private Tuple2<ContentHash, byte[]> next;

    ChosenRows(Iterator<InternalRow> rows, RowTensors.Layout layout, Set<ContentHash> wanted) {
        this.rows = rows;
        this.tensors = new RowTensors(layout, TaskContext.get());
        this.wanted = wanted;
    }

    @Override
    public boolean hasNext() {
        while (next == null && rows.hasNext()) {
            byte[] content = tensors.read(rows.next());
            if (content != null) {
                ContentHash hash = ContentHash.of(content);
                if (wanted.contains(hash) && found.add(hash)) {
                    next = new Tuple2<>(hash, content);
                }
            }
        }
        return next != null;
    }

    @Override
    public Tuple2<ContentHash, byte[]> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Tuple2<ContentHash, byte[]> row = next;
        next = null;
        return row;
    }
}
