package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import java.io.Serializable;
import java.util.List;

/**
 * Reads labels: indices of classes, or their names where the plan has names.
 *
 * @param names of the classes, or empty
 * @param classes how many there are; 0 where that is not known
 */
public record ClassLabels(List<String> names, long classes) implements Serializable {

    public ClassLabels {
        names = List.copyOf(names);
    }

    /**
     * The index of a label's class.
     *
     * @throws FiresteelException {@code LABEL_INVALID} where it is no class of the model
     */
    public long index(String label) {
        int named = names.indexOf(label);
        if (named >= 0) {
            return named;
        }
        double index;
        try {
            index = Double.parseDouble(label);
        } catch (NumberFormatException e) {
            throw invalid(label);
        }
        if (index != Math.rint(index) || index < 0 || classes > 0 && index >= classes) {
            throw invalid(label);
        }
        return (long) index;
    }

    private FiresteelException invalid(String label) {
        return FiresteelException.user("LABEL_INVALID", "label '" + label + "' is no class of the model: give whole numbers from 0"
                + (classes > 0 ? " to " + (classes - 1) : "") + (names.isEmpty() ? "" : ", or names such as '" + names.get(0) + "'"));
    }
}
