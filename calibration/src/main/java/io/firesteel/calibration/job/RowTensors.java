package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.spark.columnar.InputStaging;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.util.TaskCompletionListener;

/** The tensors of rows, as a model call would stage them. Its memory is given back when the task ends. */
final class RowTensors {

    /**
     * How rows carry a model's inputs.
     *
     * @param first the column of the first argument; the columns before it are not arguments
     * @param columns names of the arguments, for errors
     */
    record Layout(ModelSpec model, ArgumentBinding binding, List<String> columns, int first) implements Serializable { }

    private final InputStaging staging;
    private final int[] ordinals;
    private final int bytes;
    private byte[] copy;

    RowTensors(Layout layout, TaskContext context) {
        ordinals = IntStream.range(layout.first(), layout.first() + layout.columns().size()).toArray();
        bytes = layout.model().inputs().stream().mapToInt(input -> input.bytes()).reduce(0, Math::addExact);
        BufferAllocator allocator = ArrowUtils.rootAllocator().newChildAllocator("firesteel-calibration-" + context.taskAttemptId(),
                0, Long.MAX_VALUE);
        context.addTaskCompletionListener((TaskCompletionListener) ended -> allocator.close());
        staging = new InputStaging(layout.model(), layout.binding(), layout.columns(), ordinals, 1, allocator);
        context.addTaskCompletionListener((TaskCompletionListener) ended -> staging.close());
    }

    /** Reads a row; false where an input is null. */
    boolean read(InternalRow row) {
        for (int ordinal : ordinals) {
            if (row.isNullAt(ordinal)) {
                return false;
            }
        }
        staging.clear();
        staging.append(row);
        return true;
    }

    /** The hash of the row's inputs. */
    ContentHash hash() {
        return ContentHash.of(staging.buffers());
    }

    /** The row's inputs one after the other, in an array that is used again for other rows. */
    byte[] bytes() {
        if (copy == null) {
            copy = new byte[bytes];
        }
        int at = 0;
        for (ByteBuffer input : staging.buffers()) {
            int length = input.remaining();
            input.get(copy, at, length);
            at += length;
        }
        return copy;
    }
}
