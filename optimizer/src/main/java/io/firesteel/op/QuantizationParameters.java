package io.firesteel.op;

import io.firesteel.tensor.DataType;
import java.util.List;

/**
 * How a quantized tensor stands for real numbers: {@code real = (quantized - zeroPoint) * scale}, fp32.
 *
 * @param dataType the quantized element type, an integer type
 * @param axis the axis whose elements have scales of their own, from 0; 0 where there is one scale
 * @param scales one for the tensor, or one for each element of the axis
 * @param zeroPoints as many as scales, or none where all are 0
 */
public record QuantizationParameters(DataType dataType, long axis, List<Float> scales, List<Long> zeroPoints) {

    public QuantizationParameters {
        scales = List.copyOf(scales);
        zeroPoints = zeroPoints.stream().allMatch(z -> z == 0) ? List.of() : List.copyOf(zeroPoints);
        if (scales.isEmpty() || !zeroPoints.isEmpty() && zeroPoints.size() != scales.size() || dataType.isFloatingPoint()
                || dataType == DataType.BOOL || axis < 0) {
            throw new IllegalArgumentException("quantization to " + dataType + " with " + scales.size() + " scales and "
                    + zeroPoints.size() + " zero points along axis " + axis);
        }
    }

    /** Whether one scale holds for the whole tensor. */
    public boolean isPerTensor() {
        return scales.size() == 1;
    }

    /** Whether 0 stands for 0. */
    public boolean isSymmetric() {
        return zeroPoints.isEmpty();
    }

    /** The zero point of scale {@code index}. */
    public long zeroPoint(int index) {
        return zeroPoints.isEmpty() ? 0 : zeroPoints.get(index);
    }
}
