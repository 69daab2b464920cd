package io.firesteel.calibration.threshold;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.histogram.Histogram;
import java.util.Optional;

/** A way to choose the threshold of a tensor from the histogram of its magnitudes. Immutable, without side effects. */
public interface ThresholdMethod {

    /** The name that {@link #parse} takes. */
    String name();

    /**
     * Chooses a threshold.
     *
     * @return the threshold, or empty where the histogram has seen nothing but zeros
     */
    Optional<Threshold> choose(Histogram histogram);

    /** The largest magnitude seen: clips nothing. Name {@code min-max}. */
    static ThresholdMethod minMax() {
        return new MinMax();
    }

    /**
     * The lowest upper edge of a bin that leaves at least this share of the finite elements below it, and no more than
     * the largest magnitude. Name {@code percentile:P}.
     *
     * @param percent from 50 to 100
     * @throws FiresteelException {@code CALIBRATION_OPTION} for any other number
     */
    static ThresholdMethod percentile(double percent) {
        return new Percentile(percent);
    }

    /**
     * The upper edge of a bin, or the largest magnitude, for which {@link Threshold#meanSquaredError()} is least; the
     * smallest wins a tie. Name {@code mse}.
     */
    static ThresholdMethod meanSquaredError() {
        return new MeanSquaredError();
    }

    /**
     * The upper edge of the bin for which the distribution clipped there and the same reduced to 128 levels differ
     * least by the Kullback-Leibler divergence. Name {@code entropy}.
     *
     * <p>After S. Migacz, "8-bit Inference with TensorRT", GTC 2017. Bin 0, where rectified tensors keep their zeros,
     * is given the count of bin 1. Every cut from 128 bins to the last used one is tried: the reference distribution
     * has all that lies beyond the cut in its last bin; the other has its bins gathered into 128 levels, bin {@code i}
     * of {@code n} into level {@code floor(128 i / n)}, each spread evenly over its bins that are not empty. The
     * smallest threshold wins a tie.
     */
    static ThresholdMethod entropy() {
        return new Entropy();
    }

    /** Of {@code entropy} and {@code mse} the one with the smaller expected squared error. Name {@code auto}. */
    static ThresholdMethod auto() {
        return new Auto();
    }

    /**
     * The method of a name: {@code min-max}, {@code percentile} (99.99), {@code percentile:P}, {@code mse},
     * {@code entropy} or {@code auto}.
     *
     * @throws FiresteelException {@code CALIBRATION_OPTION} for any other name
     */
    static ThresholdMethod parse(String name) {
        switch (name) {
            case "min-max":
                return minMax();
            case "percentile":
                return percentile(Percentile.DEFAULT);
            case "mse":
                return meanSquaredError();
            case "entropy":
                return entropy();
            case "auto":
                return auto();
            default:
                return Percentile.parse(name);
        }
    }
}
