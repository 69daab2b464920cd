package io.firesteel.calibration.threshold;

import io.firesteel.calibration.histogram.Histogram;
import java.util.Optional;

/**
 * A histogram as a density of magnitudes: the zeros at zero, the other elements of a bin spread evenly over it, those
 * of the last used bin up to the largest magnitude.
 */
final class Distribution {

    private final long[] counts;
    private final int used;
    private final double width;
    private final double largest;
    private final long zeros;
    /** Number, sum and sum of squares of the non-zero magnitudes of the bins from this one on. */
    private final double[] countFrom;
    private final double[] sumFrom;
    private final double[] squaresFrom;
    private final long[] below;

    private Distribution(Histogram histogram) {
        counts = histogram.counts();
        used = histogram.usedBins();
        width = histogram.binWidth();
        largest = histogram.largest();
        zeros = histogram.zeros();
        below = new long[used + 1];
        for (int i = 0; i < used; i++) {
            below[i + 1] = below[i] + counts[i];
        }
        countFrom = new double[used + 1];
        sumFrom = new double[used + 1];
        squaresFrom = new double[used + 1];
        for (int i = used - 1; i >= 0; i--) {
            double count = nonZero(i);
            double low = i * width;
            double high = upperEdge(i);
            countFrom[i] = countFrom[i + 1] + count;
            sumFrom[i] = sumFrom[i + 1] + count * (low + high) / 2;
            squaresFrom[i] = squaresFrom[i + 1] + count * (low * low + low * high + high * high) / 3;
        }
    }

    /** The distribution, or empty where there is nothing but zeros. */
    static Optional<Distribution> of(Histogram histogram) {
        return histogram.usedBins() == 0 ? Optional.empty() : Optional.of(new Distribution(histogram));
    }

    int used() {
        return used;
    }

    double width() {
        return width;
    }

    double largest() {
        return largest;
    }

    /** All finite elements. */
    long finite() {
        return below[used];
    }

    /** The elements in the first bins, as many as given. */
    long below(int cut) {
        return below[cut];
    }

    /** The elements of a bin, zeros included. */
    long count(int bin) {
        return counts[bin];
    }

    private double nonZero(int bin) {
        return bin == 0 ? counts[0] - zeros : counts[bin];
    }

    private double upperEdge(int bin) {
        return bin == used - 1 ? largest : (bin + 1) * width;
    }

    Threshold atLargest(String method) {
        return new Threshold(method, largest, 0, squaredError(largest), signalPower());
    }

    /** The threshold at the upper edge of the last of the first bins, as many as given. */
    Threshold atCut(String method, int cut) {
        double value = cut * width;
        if (value == largest) {
            // The bin above the edge then holds nothing but elements that equal it.
            return atLargest(method);
        }
        double clipped = (finite() - below[cut]) / (double) finite();
        return new Threshold(method, value, clipped, squaredError(value), signalPower());
    }

    private double signalPower() {
        return squaresFrom[0] / finite();
    }

    /**
     * The expected squared error of an element when magnitudes are rounded to multiples of threshold / 127 and those
     * above the threshold become it.
     */
    double squaredError(double threshold) {
        double step = threshold / Threshold.LEVELS;
        int inside = (int) Math.min(used, Math.ceil(threshold / width));
        double sum = 0;
        for (int i = 0; i < inside; i++) {
            double count = nonZero(i);
            if (count > 0) {
                sum += count * meanError(i * width, upperEdge(i), step);
            }
        }
        return (sum + clippedError(inside, threshold)) / finite();
    }

    /** The sum of (x - threshold)^2 over the bins from the first given on, all of which lie above the threshold. */
    private double clippedError(int first, double threshold) {
        double error = squaresFrom[first] - 2 * threshold * sumFrom[first] + threshold * threshold * countFrom[first];
        return Math.max(0, error);
    }

    /** The mean of (t - rounded t)^2 for t from low to high, which may be equal. */
    private static double meanError(double low, double high, double step) {
        if (high == low) {
            double error = low - level(low, step) * step;
            return error * error;
        }
        return (integral(high, step) - integral(low, step)) / (high - low);
    }

    /** The integral from 0 to x of (t - rounded t)^2: step^3 / 12 for each whole level, and what is left of a cubic. */
    private static double integral(double x, double step) {
        double level = level(x, step);
        double rest = x - level * step;
        return level * (step * step * step / 12) + rest * rest * rest / 3;
    }

    private static double level(double x, double step) {
        return Math.min(Threshold.LEVELS, Math.floor(x / step + 0.5));
    }
}
