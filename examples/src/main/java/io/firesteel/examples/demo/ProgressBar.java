package io.firesteel.examples.demo;

import java.io.PrintWriter;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import scala.jdk.javaapi.CollectionConverters;

/** Follows the tasks of one Spark job: a bar that is redrawn in place on a terminal, elsewhere one line at each quarter. */
final class ProgressBar extends SparkListener {

    private static final int WIDTH = 40;
    private static final int QUARTER = 25;
    private static final int PERCENT = 100;

    private final String title;
    private final PrintWriter out;
    private final boolean terminal;
    private int tasks;
    private int done;
    private int drawn = -1;

    /**
     * @param title what is going on, in a few words
     * @param out where the bar goes
     * @param terminal whether {@code out} is a terminal
     */
    ProgressBar(String title, PrintWriter out, boolean terminal) {
        this.title = title;
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public synchronized void onJobStart(SparkListenerJobStart job) {
        for (StageInfo stage : CollectionConverters.asJava(job.stageInfos())) {
            tasks += stage.numTasks();
        }
        draw();
    }

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd task) {
        if (task.taskInfo().successful()) {
            done++;
            draw();
        }
    }

    /** Completes the bar; Spark tells of the last tasks a little later than the query returns. */
    synchronized void finish() {
        done = Math.max(tasks, 1);
        tasks = done;
        draw();
        if (terminal) {
            out.println();
            out.flush();
        }
    }

    private void draw() {
        int percent = tasks == 0 ? 0 : Math.min(PERCENT, PERCENT * done / tasks);
        int shown = terminal ? percent : percent / QUARTER * QUARTER;
        if (shown <= drawn) {
            return;
        }
        drawn = shown;
        if (terminal) {
            int filled = WIDTH * percent / PERCENT;
            out.print("\r" + title + " [" + "#".repeat(filled) + "-".repeat(WIDTH - filled) + "] " + percent + "%");
        } else {
            out.println(title + " " + shown + "%");
        }
        out.flush();
    }
}
