package io.firesteel.tests.benchmark;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Windows of measuring in which contenders take turns, so that what else the machine does meets all alike.
 *
 * @param rounds windows of each contender
 * @param seconds least length of a window; it ends with the batch that is running then
 * @param warmup seconds that each contender runs before the first window
 * @param processorTime whether rates are by the processor time of the callers, for machines that do other work as well
 */
record Windows(int rounds, double seconds, double warmup, boolean processorTime) {

    private static final int PAUSE_MS = 30;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** The median over the windows of each contender, in batches a second, all its callers together. */
    double[] measure(List<? extends Contender> contenders) throws InterruptedException {
        double[][] rates = new double[contenders.size()][rounds];
        for (Contender contender : contenders) {
            window(contender, warmup);
        }
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < rates.length; i++) {
                int turn = round % 2 == 0 ? i : rates.length - 1 - i;
                rates[turn][round] = window(contenders.get(turn), seconds);
                Thread.sleep(PAUSE_MS);
            }
        }
        return Arrays.stream(rates).mapToDouble(Windows::median).toArray();
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private double window(Contender contender, double seconds) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(contender.callers());
        CyclicBarrier start = new CyclicBarrier(contender.callers());
        try {
            List<Future<Double>> rates = new ArrayList<>();
            for (int i = 0; i < contender.callers(); i++) {
                int caller = i;
                rates.add(threads.submit(() -> {
                    start.await();
                    return rate(contender, caller, seconds);
                }));
            }
            double sum = 0;
            for (Future<Double> rate : rates) {
                sum += rate.get();
            }
            return sum;
        } catch (ExecutionException e) {
            throw new IllegalStateException(contender.name() + " failed", e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private double rate(Contender contender, int caller, double seconds) {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        long processor = THREADS.getCurrentThreadCpuTime();
        long now;
        int batches = 0;
        do {
            contender.run(caller);
            batches++;
            now = System.nanoTime();
        } while (now < end);
        return batches * 1e9 / (processorTime ? THREADS.getCurrentThreadCpuTime() - processor : now - start);
    }
}
