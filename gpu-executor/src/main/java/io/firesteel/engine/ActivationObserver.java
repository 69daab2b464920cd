package io.firesteel.engine;

/** Sees the activations of a run while the device holds them; see {@link Observation}. */
@FunctionalInterface
public interface ActivationObserver {

    /**
     * Some elements of a value. A value's elements come in several calls, in the order they have in memory, padding and
     * padded rows left out; each element of the rows computed comes once.
     *
     * @param value index into {@link Observation#values()}
     * @param bits the elements' IEEE 754 single-precision bits, from index 0; valid during the call only
     * @param count how many elements, at least 1
     */
    void observe(int value, int[] bits, int count);
}
