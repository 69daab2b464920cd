package io.firesteel.engine;

import java.util.List;

/**
 * One line of a tactic table: how long a tactic took, when it was tuned.
 *
 * @param device the key of the device and its libraries
 * @param layer the layer that was timed; equal layers share its times
 * @param tactic the tactic's name
 * @param nanos nanoseconds of one run; 1e15 where it could not run
 */
public record TacticTiming(String device, String layer, String tactic, double nanos) {

    /** The suffix of tactic tables. */
    public static final String SUFFIX = ".tactics";

    /** What the names of a plan's tables begin with. */
    public static String prefix(String planHash) {
        return TacticTable.prefix(planHash);
    }

    /**
     * The lines of a plan's table.
     *
     * @param text the file
     * @return empty where it is damaged or of another plan
     */
    public static List<TacticTiming> read(String text, String planHash) {
        return TacticTable.timings(text, planHash);
    }
}
