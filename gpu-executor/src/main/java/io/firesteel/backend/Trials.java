package io.firesteel.backend;

/**
 * Permission to time alternatives that a kernel has within itself, such as the engine configurations of a library, while it is made. They
 * are numbered in the order in which they promise most. Without permission, the fastest known one is taken, else the first.
 */
@FunctionalInterface
public interface Trials {

    /** No alternative may be timed. */
    Trials NONE = index -> false;

    /** Whether alternative {@code index} may be timed now; asked once before each. */
    boolean permits(int index);

    /** Whether it is too late to time even what was permitted: asked when the device is free for a measurement. */
    default boolean areOver() {
        return false;
    }
}
