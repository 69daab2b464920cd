package io.firesteel.op;

/**
 * An operator that moves elements without computing on them: it is no layer, and a backend may leave it out by letting its
 * neighbours read or write slices of one buffer.
 */
public interface DataMovement extends Operator { }
