package io.firesteel.quant;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;

/**
 * A constant in bytes from -127 to 127, each channel by its largest magnitude.
 *
 * @param values int8, of the constant's shape
 * @param scales fp32, a vector, or a scalar where there is one scale
 */
record WeightQuantization(Tensor values, Tensor scales) {

    private static final int LEVELS = 127;

    /**
     * Quantizes a constant.
     *
     * @param weights fp32; what is not finite becomes the nearest byte, NaN 0
     * @param axis of the channels, or -1 for one scale
     */
    static WeightQuantization of(Tensor weights, int axis) {
        int channels = axis < 0 ? 1 : Math.toIntExact(weights.size(axis));
        long inner = 1;
        for (int i = axis + 1; axis >= 0 && i < weights.rank(); i++) {
            inner *= weights.size(i);
        }
        float[] scales = new float[channels];
        for (long i = 0; i < weights.elements(); i++) {
            int channel = (int) (i / inner % channels);
            float magnitude = (float) Math.abs(weights.getDouble(i));
            if (magnitude > scales[channel] && Float.isFinite(magnitude)) {
                scales[channel] = magnitude;
            }
        }
        for (int i = 0; i < channels; i++) {
            scales[i] /= LEVELS;
            if (!(scales[i] >= Float.MIN_NORMAL)) {
                scales[i] = 1;
            }
        }
        Tensor values = Tensor.zeros(DataType.INT8, weights.sizes());
        for (long i = 0; i < weights.elements(); i++) {
            double level = Math.rint(weights.getDouble(i) / scales[(int) (i / inner % channels)]);
            values.setLong(i, (long) Math.min(Math.max(level, -LEVELS), LEVELS));
        }
        return new WeightQuantization(values, Tensor.floats(axis < 0 ? new long[0] : new long[] {channels}, scales));
    }
}
