package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.TuningBudget;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Threads that make and time kernels until the time is over. What a library is compiling then cannot be stopped: it is no longer waited
 * for, and the process ends after it.
 */
final class TuningWorkers {

    private static final System.Logger LOG = System.getLogger(TuningWorkers.class.getName());
    private static final int MOST_THREADS = 16;
    private static final double REPORT_SECONDS = 5;
    private static final long MOST_SECONDS_AT_EXIT = 30;

    private final Backend backend;
    private final TuningBudget budget;
    private final String subject;

    /** @param subject what is tuned, for messages */
    TuningWorkers(Backend backend, TuningBudget budget, String subject) {
        this.backend = backend;
        this.budget = budget;
        this.subject = subject;
    }

    /** Works on items in their order; returns when all are done or the time is over, and throws what one of them threw. */
    <T> void run(List<T> items, Consumer<T> work) {
        if (items.isEmpty() || !budget.isLeft()) {
            return;
        }
        AtomicInteger done = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(MOST_THREADS, Math.max(2, Runtime.getRuntime().availableProcessors())),
                new CompilerThreads("firesteel-tuning", true));
        List<Future<?>> futures = items.stream().<Future<?>>map(item -> threads.submit(() -> {
            if (budget.isLeft()) {
                work.accept(item);
            }
            done.incrementAndGet();
        })).toList();
        threads.shutdown();
        await(futures, done, System.nanoTime());
        if (!threads.isTerminated()) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> finish(threads)));
        }
    }

    /** A library that is compiling must not be unloaded. */
    private static void finish(ExecutorService threads) {
        try {
            threads.awaitTermination(MOST_SECONDS_AT_EXIT, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void await(List<Future<?>> futures, AtomicInteger done, long start) {
        double reported = 0;
        for (Future<?> future : futures) {
            while (budget.isLeft()) {
                double left = budget.leftSeconds();
                try {
                    future.get((long) (Math.min(REPORT_SECONDS, left) * 1000) + 1, TimeUnit.MILLISECONDS);
                    break;
                } catch (TimeoutException e) {
                    // The loop looks at the clock.
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    budget.end();
                    throw new IllegalStateException("interrupted while kernels were timed", e);
                }
                double elapsed = (System.nanoTime() - start) / 1e9;
                if (elapsed - reported >= REPORT_SECONDS) {
                    reported = elapsed;
                    report(done.get(), futures.size(), elapsed);
                }
            }
        }
    }

    private void report(int done, int all, double elapsed) {
        double left = done == 0 ? budget.leftSeconds() : Math.min(budget.leftSeconds(), elapsed / done * (all - done));
        LOG.log(System.Logger.Level.INFO, String.format(Locale.ROOT, "tuning %s for %s: %d of %d kernels, %.0f s, about %.0f s left", subject,
                backend.device().label(), done, all, elapsed, left));
    }
}
