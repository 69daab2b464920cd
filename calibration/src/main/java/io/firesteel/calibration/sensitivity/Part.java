package io.firesteel.calibration.sensitivity;

import io.firesteel.calibration.sample.ContentHash;

/** The parts of the rows that accuracy is validated on. */
public enum Part {
    /** A small part of {@link #SELECTION}, on which each layer's effect is measured. */
    LAYERS,
    /** The rows by which the layers to restore are chosen. */
    SELECTION,
    /** The rows on which the loss is measured that is promised. No row of another part has the same content. */
    TEST;

    /** The part that rows of some content belong to: one half of all contents each, wherever the rows lie. */
    public static Part of(ContentHash content) {
        return content.low() < 0 ? SELECTION : TEST;
    }
}
