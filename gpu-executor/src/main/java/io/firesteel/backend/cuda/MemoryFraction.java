package io.firesteel.backend.cuda;

import io.firesteel.FiresteelException;

/** How much of a GPU's memory this process may take; several processes that share one get a part each. */
final class MemoryFraction {

    /** The system property that sets it, a number above 0 and up to 1. */
    static final String PROPERTY = "firesteel.memory.fraction";

    private static final double DEFAULT = 0.9;

    private MemoryFraction() { }

    static double ofThisProcess() {
        String text = System.getProperty(PROPERTY);
        if (text == null) {
            return DEFAULT;
        }
        try {
            double value = Double.parseDouble(text);
            if (value > 0 && value <= 1) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw invalid(text);
        }
        throw invalid(text);
    }

    private static FiresteelException invalid(String text) {
        return FiresteelException.user("MEMORY_FRACTION_INVALID", PROPERTY + " must be above 0 and at most 1, is '" + text + "'");
    }
}
