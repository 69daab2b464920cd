package io.firesteel.op;

/**
 * An operator whose first output is its first input's memory under another shape: it moves no data and is no layer.
 */
public interface View extends DataMovement { }
