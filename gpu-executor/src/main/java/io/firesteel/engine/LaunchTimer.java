package io.firesteel.engine;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import java.util.Collections;

/** Times launches of a device with memory of its own, many in a row so that the time of putting them on the stream does not count. */
final class LaunchTimer {

    private static final int IN_A_ROW = 10;
    private static final long ENOUGH_NANOS = 200_000;
    private static final int MOST_REPETITIONS = 20;

    private LaunchTimer() { }

    /**
     * The time of one launch.
     *
     * @param stream entered by the calling thread; nothing is running on it
     * @return nanoseconds, the shortest of several measurements
     */
    static double nanos(Stream stream, Launch launch) {
        launch.run();
        double single = timed(stream, launch);
        int inARow = single > ENOUGH_NANOS * IN_A_ROW ? 1 : IN_A_ROW;
        try (Launch row = stream.sequence(Collections.nCopies(inARow, launch))) {
            row.run();
            row.run();
            stream.synchronize();
            double best = Double.POSITIVE_INFINITY;
            double total = 0;
            for (int i = 0; i < MOST_REPETITIONS && (i < 3 || total < ENOUGH_NANOS * IN_A_ROW); i++) {
                double nanos = timed(stream, row);
                best = Math.min(best, nanos / inARow);
                // Another process on the device makes some measurements far too long; they must not be the only ones.
                total += best * inARow;
            }
            return best;
        }
    }

    private static double timed(Stream stream, Launch launch) {
        stream.synchronize();
        long start = System.nanoTime();
        launch.run();
        stream.synchronize();
        return System.nanoTime() - start;
    }
}
