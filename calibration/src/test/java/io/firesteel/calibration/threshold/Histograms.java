package io.firesteel.calibration.threshold;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Arrays;
import java.util.function.IntToLongFunction;

/** Histograms of bin width 1 with given counts. */
final class Histograms {

    private Histograms() {
    }

    /** Zeros, and values in the middle of their bins; the last bin has one at least, so that the width is 1. */
    static Histogram histogram(int bins, int zeros, IntToLongFunction counts) {
        Histogram histogram = new Histogram(bins);
        histogram.observe(new float[zeros], 0, zeros);
        for (int i = 0; i < bins; i++) {
            int count = (int) counts.applyAsLong(i);
            float[] values = new float[i == bins - 1 ? Math.max(1, count) : count];
            Arrays.fill(values, i + 0.5f);
            histogram.observe(values, 0, values.length);
        }
        return histogram;
    }
}
