package io.firesteel.lowering;

import io.firesteel.backend.TensorLayout;

/**
 * A tensor's place in a buffer whose offset in the arena is not known yet.
 *
 * @param buffer the buffer's number
 * @param offset bytes from the buffer's start
 * @param layout how it lies there
 */
record Place(int buffer, long offset, TensorLayout layout) implements Source { }
