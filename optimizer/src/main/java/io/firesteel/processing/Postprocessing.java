package io.firesteel.processing;

import io.firesteel.FiresteelException;
import java.util.List;

/**
 * What a plan does to its first output [N, classes].
 *
 * @param softmax whether scores become probabilities
 * @param selection what is given of them
 * @param k how many, for {@link Selection#TOP_K}
 * @param labels names of the classes, kept in the plan; empty for none
 */
public record Postprocessing(boolean softmax, Selection selection, long k, List<String> labels) {

    /** What is given of the scores. */
    public enum Selection {
        /** All of them. */
        ALL,
        /** The place of the largest, int64 [N], as output {@code NAME_index}. */
        ARGMAX,
        /** The k largest and their places, [N, k], as outputs {@code NAME_values} and {@code NAME_indices}. */
        TOP_K
    }

    /** Nothing is done. */
    public static final Postprocessing NONE = new Postprocessing(false, Selection.ALL, 0, List.of());

    public Postprocessing {
        labels = List.copyOf(labels);
        if (selection == Selection.TOP_K && k < 1) {
            throw FiresteelException.user("POSTPROCESSING_INVALID", "top-k needs a number of at least 1, got " + k);
        }
    }
}
