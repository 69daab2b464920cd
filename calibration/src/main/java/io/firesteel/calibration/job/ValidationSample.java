package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sample.SmallestHashes;
import io.firesteel.calibration.sensitivity.ClassLabels;
import io.firesteel.calibration.sensitivity.Part;
import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;

/** The smallest hashes of a part of the validation data, to select by and to test on. Merging is exact. */
final class ValidationSample implements Serializable {

    private static final long serialVersionUID = 1;

    private final SmallestHashes selection;
    private final SmallestHashes test;
    private long skipped;

    ValidationSample(int rowsEach) {
        selection = new SmallestHashes(rowsEach);
        test = new SmallestHashes(rowsEach);
    }

    /** Reads rows. */
    static ValidationSample of(Iterator<InternalRow> rows, RowTensors.Layout layout, ClassLabels labels, int rowsEach) {
        ValidationSample sample = new ValidationSample(rowsEach);
        RowTensors tensors = new RowTensors(layout, TaskContext.get());
        while (rows.hasNext()) {
            InternalRow row = rows.next();
            if (!tensors.read(row) || layout.first() > 0 && row.isNullAt(0)) {
                sample.skipped++;
                continue;
            }
            if (layout.first() > 0) {
                labels.index(row.getUTF8String(0).toString());
            }
            ContentHash key = layout.first() > 0 ? key(tensors, row) : tensors.hash();
            (Part.of(key) == Part.TEST ? sample.test : sample.selection).add(key);
        }
        return sample;
    }

    /** The hash by which a row with a label is chosen; its part follows from the model's inputs alone. */
    static ContentHash key(RowTensors tensors, InternalRow row) {
        return tensors.hash().with(row.getUTF8String(0).toString());
    }

    ValidationSample merge(ValidationSample other) {
        selection.merge(other.selection);
        test.merge(other.test);
        skipped += other.skipped;
        return this;
    }

    SmallestHashes selection() {
        return selection;
    }

    SmallestHashes test() {
        return test;
    }

    /** Rows left out because an input or the label is null. */
    long skipped() {
        return skipped;
    }

    /** The rows that are missing when the data is read again. */
    static FiresteelException changed(int missing) {
        return FiresteelException.user("CALIBRATION_DATA", "the data gave other rows when it was read again: " + missing
                + " rows to validate on are gone; give a query that always gives the same rows");
    }
}
