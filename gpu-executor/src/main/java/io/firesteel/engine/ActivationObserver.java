package io.firesteel.engine;

import io.firesteel.backend.TensorSummary;
import java.util.Optional;

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

    /** How a value is to be summarized where the device can do that; empty where its elements are wanted. */
    default Optional<SummaryForm> summaryForm(int value) {
        return Optional.empty();
    }

    /**
     * What the device found in the rows of one batch, instead of {@link #observe} and {@link #channels}.
     *
     * @param value index into {@link Observation#values()}
     */
    default void summary(int value, TensorSummary summary) { }

    /** The axis of a value whose means it wants to know, from 0, or -1. */
    default int channelAxis(int value) {
        return -1;
    }

    /**
     * The channels of one row, seen at evenly spread positions that depend on the value's shape alone, in the same order in any
     * layout. Not called for values that the host computes, and where rows are not the first axis.
     *
     * @param value index into {@link Observation#values()}
     * @param sums of each channel's elements; valid during the call only
     * @param positions how many elements each of them sums
     */
    default void channels(int value, double[] sums, int positions) { }
}
