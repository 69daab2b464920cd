package io.firesteel.backend.cuda.dnn;

import java.util.List;

/**
 * How a convolution's kernel moves, each list with one value for each spatial axis.
 *
 * @param strides step of the window
 * @param dilations distance between elements of the window
 * @param padsBegin zeros before each axis
 * @param padsEnd zeros after each axis
 */
record Window(List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd) {

    /** A window of one element on images of two axes. */
    static final Window ONE = new Window(List.of(1L, 1L), List.of(1L, 1L), List.of(0L, 0L), List.of(0L, 0L));

    Window {
        strides = List.copyOf(strides);
        dilations = List.copyOf(dilations);
        padsBegin = List.copyOf(padsBegin);
        padsEnd = List.copyOf(padsEnd);
    }

    /** The same window with another axis of size 1 before the first. */
    Window withLeadingAxis() {
        return new Window(prepend(1, strides), prepend(1, dilations), prepend(0, padsBegin), prepend(0, padsEnd));
    }

    private static List<Long> prepend(long value, List<Long> values) {
        List<Long> result = new java.util.ArrayList<>(values);
        result.add(0, value);
        return result;
    }
}
