package io.firesteel.backend;

import io.firesteel.FiresteelException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;

/** How long a device may time tactics before an engine uses what it has. Safe for many threads. */
public final class TuningBudget {

    /** The system property that sets it, in seconds; 0 turns timing off, so that tactics are chosen by estimates. */
    public static final String PROPERTY = "firesteel.tuning.seconds";

    /** Leaves time to make the kernels that were chosen within a minute. */
    private static final double DEFAULT_SECONDS = 58;
    private static final ReentrantLock MEASURING = new ReentrantLock(true);

    private final long nanos;
    private long spent;
    private long since;
    private boolean running;

    /** @param seconds in all */
    public TuningBudget(double seconds) {
        nanos = (long) (seconds * 1e9);
    }

    /** Seconds for one engine of this process. */
    public static double seconds() {
        String text = System.getProperty(PROPERTY);
        if (text == null) {
            return DEFAULT_SECONDS;
        }
        try {
            double value = Double.parseDouble(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw invalid(text);
        }
        throw invalid(text);
    }

    private static FiresteelException invalid(String text) {
        return FiresteelException.user("TUNING_INVALID", PROPERTY + " must be a number of seconds, is '" + text + "'");
    }

    /** Time begins to count. */
    public synchronized void begin() {
        running = true;
        since = System.nanoTime();
    }

    /** Time no longer counts, and nothing more may be tried until the next {@link #begin}. */
    public synchronized void end() {
        spent = spentNanos();
        running = false;
    }

    /** Whether something more may be tried now. */
    public synchronized boolean isLeft() {
        return running && spentNanos() < nanos;
    }

    /** Nanoseconds in all, spent or not. */
    public double nanos() {
        return nanos;
    }

    /** Seconds that counted. */
    public synchronized double spentSeconds() {
        return spentNanos() / 1e9;
    }

    /** Seconds that are left. */
    public synchronized double leftSeconds() {
        return Math.max(0, nanos - spentNanos()) / 1e9;
    }

    private long spentNanos() {
        return running ? spent + System.nanoTime() - since : spent;
    }

    /** Makes a measurement while no other thread of this process makes one. */
    public static double alone(DoubleSupplier measurement) {
        MEASURING.lock();
        try {
            return measurement.getAsDouble();
        } finally {
            MEASURING.unlock();
        }
    }
}
