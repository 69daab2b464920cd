package io.firesteel.spark.columnar;

import io.firesteel.spark.metrics.InferenceMetrics;
import io.firesteel.spark.plugin.ExecutorModels;
import io.firesteel.spark.plugin.ModelRuntime;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.util.ArrowUtils;

/**
 * One task's use of a model: the engine's share, the memory and the counts. Everything is given back when the task ends,
 * however it ends.
 */
final class Inference {

    private static final double PERCENT = 100.0;
    private static final System.Logger LOG = System.getLogger(Inference.class.getName());
    private static final ExecutorService COMPUTING = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "firesteel-compute");
        thread.setDaemon(true);
        return thread;
    });

    private final InferenceTask task;
    private final BufferAllocator allocator;
    private InputStaging staging;
    private InputStaging spare;
    private int capacity;
    private Future<?> pending;
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
        capacity = task.batchRows(buckets);
        staging = newStaging();
    }

    private InputStaging newStaging() {
        return new InputStaging(task.model(), task.binding(), task.columns(), task.arguments(), capacity,
                bytes -> runtime.hostMemory(bytes).map(NativeBuffer::new).orElseGet(() -> new NativeBuffer(allocator, bytes)));
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

    /** Computes the staged rows into {@code outputs} and forgets them; what was submitted before is then computed too. */
    void run(ByteBuffer[] outputs) {
        await();
        compute(staging(), outputs);
    }

    /**
     * Computes the staged rows into {@code outputs} while the next are staged, where the device leaves the host's processors free; the
     * results are there after the next {@link #run}.
     */
    void submit(ByteBuffer[] outputs) {
        InputStaging full = staging();
        if (!runtime.computesBeside()) {
            compute(full, outputs);
            return;
        }
        await();
        staging = spare != null ? spare : newStaging();
        spare = full;
        pending = COMPUTING.submit(() -> compute(full, outputs));
    }

    /** Waits for what was submitted, also when the task is killed meanwhile: its memory is in use until then. */
    private void await() {
        boolean interrupted = false;
        while (pending != null) {
            try {
                pending.get();
                pending = null;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                pending = null;
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) e.getCause();
            } finally {
                if (interrupted && pending == null) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private void compute(InputStaging staged, ByteBuffer[] outputs) {
        int count = staged.rows();
        if (count == 0) {
            return;
        }
        long start = System.nanoTime();
        runtime.prepare(count);
        long ready = System.nanoTime();
        tuningNanos += ready - start;
        runtime.run(count, staged.buffers(), outputs);
        computeNanos += System.nanoTime() - ready;
        batches++;
        rows += count;
        staged.clear();
    }

    /** Waits for what was submitted by a task that failed meanwhile. */
    private void finish() {
        try {
            await();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a batch failed whose results nobody waits for", e);
        }
    }

    /** Reports the counts and gives everything back. */
    void close() {
        finish();
        InferenceMetrics metrics = task.metrics();
        metrics.rows().add(rows);
        metrics.batches().add(batches);
        if (batches > 0) {
            metrics.fill().set(PERCENT * rows / (batches * (double) capacity));
        }
        metrics.tuningWait().add(tuningNanos);
        metrics.computeTime().add(computeNanos);
        metrics.copyTime().add(copyNanos);
        try (BufferAllocator memory = allocator; ModelRuntime share = runtime; InputStaging other = spare; InputStaging inputs = staging) {
            rows = 0;
        }
    }
}
