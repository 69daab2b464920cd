package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.sensitivity.Evaluation;
import io.firesteel.calibration.sensitivity.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Takes the results of a pass's tasks as they come. A network whose rows have all been compared is told of by a thread of its own, since
 * Spark's scheduler waits for what is done with a result.
 */
final class NetworkResults extends AbstractFunction2<Object, Comparison, BoxedUnit> implements AutoCloseable {

    private static final long HOURS_TO_TELL = 1;

    private final Metric metric;
    private final int parts;
    private final Comparison[] results;
    private final int[] left;
    private final Evaluation.Finished finished;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final List<Future<?>> told = new ArrayList<>();

    /**
     * @param parts tasks of each network; task {@code n * parts + p} is part p of network n
     * @param finished is told of each network
     */
    NetworkResults(Metric metric, int networks, int parts, Evaluation.Finished finished) {
        this.metric = metric;
        this.parts = parts;
        this.results = new Comparison[networks * parts];
        this.left = new int[networks];
        Arrays.fill(left, parts);
        this.finished = finished;
    }

    @Override
    public synchronized BoxedUnit apply(Object task, Comparison result) {
        results[(Integer) task] = result;
        int network = (Integer) task / parts;
        if (--left[network] == 0) {
            Comparison merged = merged(network);
            told.add(thread.submit(() -> finished.measured(network, merged)));
        }
        return BoxedUnit.UNIT;
    }

    /** The parts of a network, merged in the order of the rows. */
    private Comparison merged(int network) {
        Comparison merged = new Comparison(metric);
        for (int i = 0; i < parts; i++) {
            merged.merge(results[network * parts + i]);
        }
        return merged;
    }

    /** The comparison of each network, when all tasks have ended and all were told of. */
    synchronized List<Comparison> merged() {
        try {
            for (Future<?> one : told) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        List<Comparison> all = new ArrayList<>();
        for (int i = 0; i < left.length; i++) {
            all.add(merged(i));
        }
        return all;
    }

    /** Ends the thread; what is being told is told to its end, also where a task failed. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            thread.awaitTermination(HOURS_TO_TELL, TimeUnit.HOURS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
