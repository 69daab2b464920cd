package io.firesteel.calibration.sensitivity;

/**
 * What a layer costs when it alone is in int8.
 *
 * @param layer its name
 * @param signalToNoise power of the network's outputs over that of their error, in decibels; NaN where it is not known
 * @param cosine mean cosine of the angle between a row's outputs and the fp32 network's; NaN where it is not known
 * @param effect what is lost of the metric; all NaN where it was not measured
 */
public record LayerEffect(String layer, double signalToNoise, double cosine, Loss effect) {

    private static final Loss UNKNOWN = new Loss(Double.NaN, Double.NaN, Double.NaN);

    /** The effect of a layer of which only the noise is known. */
    public static LayerEffect ofNoise(String layer, double signalToNoise) {
        return new LayerEffect(layer, signalToNoise, Double.NaN, UNKNOWN);
    }

    static LayerEffect of(String layer, Comparison alone) {
        return new LayerEffect(layer, alone.signalToNoise(), alone.cosine(), alone.loss());
    }

    /** The loss beyond doubt: that at the interval's lower end, or 0. */
    double certainLoss() {
        return Math.max(0, effect.low());
    }
}
