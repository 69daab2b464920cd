package io.firesteel.backend;

import io.firesteel.FiresteelException;

/** How long a device may time tactics before an engine uses what it has. */
public final class TuningBudget {

    /** The system property that sets it, in seconds; 0 turns timing off, so that tactics are chosen by estimates. */
    public static final String PROPERTY = "firesteel.tuning.seconds";

    private static final double DEFAULT_SECONDS = 60;

    private TuningBudget() { }

    /** Seconds for one engine. */
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
}
