package io.firesteel.spark.columnar;

import io.firesteel.spark.metrics.InferenceMetrics;
import io.firesteel.spark.plugin.ExecutorModels;
import io.firesteel.spark.plugin.ModelRuntime;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.util.ArrowUtils;

/**
 * One task's use of a model: the engine's share, the memory and the counts. Everything is given back when the task ends,
 * however it ends.
 */
final class Inference {

    private static final double PERCENT = 100.0;

    private final InferenceTask task;
    private final BufferAllocator allocator;
    private InputStaging staging;
    private ModelRuntime runtime;
    private long batches;
    private long rows;
    private long computeNanos;
    private long copyNanos;
    private long tuningNanos;

    Inference(InferenceTask task, TaskContext context) {
        this.task = task;
        this.allocator = ArrowUtils.rootAllocator().newChildAllocator("firesteel-" + context.taskAttemptId(), 0, Long.MAX_VALUE);
    }

    /** Gets the engine and the memory of a batch, once there are rows. */
    private void open() {
        if (runtime == null) {
            runtime = ExecutorModels.acquire(task.model(), task.conf(), task.hadoop().value().value(), task.metrics());
        }
        long start = System.nanoTime();
        List<Integer> buckets = runtime.buckets();
        tuningNanos += System.nanoTime() - start;
        staging = new InputStaging(task.model(), task.binding(), task.columns(), task.arguments(), task.batchRows(buckets), allocator);
    }

    InferenceTask task() {
        return task;
    }

    BufferAllocator allocator() {
        return allocator;
    }

    InputStaging staging() {
        if (staging == null) {
            open();
        }
        return staging;
    }

    /** Rows of a full batch. */
    int batchRows() {
        return staging().capacity();
    }

    /** The most rows whose results one columnar batch holds. */
    int outputRows() {
        return task.outputRows(batchRows());
    }

    void copied(long nanos) {
        copyNanos += nanos;
    }

    /** Computes the staged rows into {@code outputs} and forgets them. */
    void run(ByteBuffer[] outputs) {
        int count = staging().rows();
        if (count == 0) {
            return;
        }
        long start = System.nanoTime();
        runtime.prepare(count);
        long ready = System.nanoTime();
        tuningNanos += ready - start;
        runtime.run(count, staging.buffers(), outputs);
        computeNanos += System.nanoTime() - ready;
        batches++;
        rows += count;
        staging.clear();
    }

    /** Reports the counts and gives everything back. */
    void close() {
        InferenceMetrics metrics = task.metrics();
        metrics.rows().add(rows);
        metrics.batches().add(batches);
        if (batches > 0) {
            metrics.fill().set(PERCENT * rows / (batches * (double) staging.capacity()));
        }
        metrics.tuningWait().add(tuningNanos);
        metrics.computeTime().add(computeNanos);
        metrics.copyTime().add(copyNanos);
        try (BufferAllocator memory = allocator; InputStaging inputs = staging; ModelRuntime share = runtime) {
            rows = 0;
        }
    }
}
