package io.firesteel.calibration.threshold;

/**
 * The magnitude at which a tensor saturates when it is quantized to symmetric int8, and what that costs.
 *
 * @param method the method that chose it, as {@link ThresholdMethod#name()} gives it; for {@code auto} the one it took
 * @param value the magnitude that becomes 127; above 0
 * @param clippedShare the share of the finite elements in bins at or above the threshold, 0 to 1; 0 where the threshold is the
 *     largest magnitude
 * @param meanSquaredError the expected squared error of an element after rounding to {@code -127..127} steps and
 *     clipping, with the non-zero elements of a bin taken as spread evenly over it; zeros cost nothing
 * @param signalPower the expected square of an element under the same assumption
 */
public record Threshold(String method, double value, double clippedShare, double meanSquaredError, double signalPower) {

    /** The largest magnitude of a symmetric int8 value. */
    public static final int LEVELS = 127;

    /** The step of the quantized values: threshold / 127, and no smaller than the smallest normal float. */
    public float scale() {
        return Math.max((float) (value / LEVELS), Float.MIN_NORMAL);
    }

    /** The ratio of signal to expected quantization error in decibels; infinite where no error is expected. */
    public double signalToNoise() {
        return 10 * Math.log10(signalPower / meanSquaredError);
    }
}
