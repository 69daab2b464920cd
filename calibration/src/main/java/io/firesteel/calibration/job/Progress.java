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
    private static final double MILLIS = 1e3;

    private final SparkContext context;
    private final String tag = "firesteel-" + UUID.randomUUID();
    private final String what;
    private final Consumer<String> sink;
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
        double left = 0;
        for (int job : tracker.getJobIdsForTag(tag)) {
            Option<SparkJobInfo> info = tracker.getJobInfo(job);
            for (int stage : info.isDefined() ? info.get().stageIds() : new int[0]) {
                Option<SparkStageInfo> one = tracker.getStageInfo(stage);
                if (one.isDefined()) {
                    tasks += one.get().numTasks();
                    done += one.get().numCompletedTasks();
                    left += secondsLeft(one.get());
                }
            }
        }
        if (tasks > 0) {
            String line = what + ": " + done + " of " + tasks + " tasks" + (left == 0 || Double.isNaN(left) ? ""
                    : String.format(Locale.ROOT, ", about %.0f s left", left));
            if (!line.equals(last)) {
                last = line;
                sink.accept(line);
            }
        }
    }

    /** How long the rest of a stage may take by its own tasks; NaN until one of them is done. */
    private static double secondsLeft(SparkStageInfo stage) {
        int rest = stage.numTasks() - stage.numCompletedTasks();
        double elapsed = (System.currentTimeMillis() - stage.submissionTime()) / MILLIS;
        return rest == 0 ? 0 : stage.numCompletedTasks() == 0 ? Double.NaN : elapsed / stage.numCompletedTasks() * rest;
    }
}
