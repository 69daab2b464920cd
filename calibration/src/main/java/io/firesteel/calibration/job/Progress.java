package io.firesteel.calibration.job;

import java.util.Locale;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkJobInfo;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.SparkStatusTracker;
import scala.Option;

/** Tells, while Spark jobs of this thread run, how many of their tasks are done and how long the rest may take. */
final class Progress {

    private static final long PERIOD_MILLIS = 1000;
    private static final double NANOS = 1e9;

    private final SparkContext context;
    private final String tag = "firesteel-" + UUID.randomUUID();
    private final String what;
    private final Consumer<String> sink;
    private final long start = System.nanoTime();
    private final Thread thread;
    private String last = "";

    private Progress(SparkContext context, String what, Consumer<String> sink) {
        this.context = context;
        this.what = what;
        this.sink = sink;
        context.addJobTag(tag);
        thread = new Thread(this::watch, "firesteel-progress");
        thread.setDaemon(true);
        thread.start();
    }

    /** Runs an action whose jobs are watched. */
    static <T> T during(SparkContext context, String what, Consumer<String> sink, Supplier<T> action) {
        Progress progress = new Progress(context, what, sink);
        try {
            return action.get();
        } finally {
            progress.thread.interrupt();
            context.removeJobTag(progress.tag);
        }
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(PERIOD_MILLIS);
                report();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report() {
        SparkStatusTracker tracker = context.statusTracker();
        int tasks = 0;
        int done = 0;
        for (int job : tracker.getJobIdsForTag(tag)) {
            Option<SparkJobInfo> info = tracker.getJobInfo(job);
            for (int stage : info.isDefined() ? info.get().stageIds() : new int[0]) {
                Option<SparkStageInfo> one = tracker.getStageInfo(stage);
                tasks += one.isDefined() ? one.get().numTasks() : 0;
                done += one.isDefined() ? one.get().numCompletedTasks() : 0;
            }
        }
        if (tasks > 0) {
            String line = what + ": " + done + " of " + tasks + " tasks" + (done == 0 || done == tasks ? ""
                    : String.format(Locale.ROOT, ", about %.0f s left", (System.nanoTime() - start) / NANOS / done * (tasks - done)));
            if (!line.equals(last)) {
                last = line;
                sink.accept(line);
            }
        }
    }
}
