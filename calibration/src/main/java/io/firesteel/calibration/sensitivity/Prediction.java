package io.firesteel.calibration.sensitivity;

/**
 * What a network gave for one row.
 *
 * @param values the elements of its outputs, row-major, one output after the other
 * @param ranked whether the values are not scores by class but indices of classes, the best first
 */
public record Prediction(float[] values, boolean ranked) {

    /** Whether class {@code label} is among the best {@code places}; of equal scores the first class is the better. */
    boolean holds(long label, int places) {
        if (ranked) {
            for (int i = 0; i < Math.min(places, values.length); i++) {
                if ((long) values[i] == label) {
                    return true;
                }
            }
            return false;
        }
        if (label < 0 || label >= values.length || Float.isNaN(values[(int) label])) {
            return false;
        }
        float score = values[(int) label];
        int better = 0;
        for (int i = 0; i < values.length && better < places; i++) {
            better += values[i] > score || values[i] == score && i < label ? 1 : 0;
        }
        return better < places;
    }
}
