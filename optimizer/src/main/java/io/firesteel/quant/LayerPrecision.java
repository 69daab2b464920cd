package io.firesteel.quant;

/**
 * The precision a layer of a quantized plan has, and why.
 *
 * @param layer name of its node, the same in the plan that was quantized and in the quantized one
 * @param operator what it computes
 * @param int8 whether it reads int8; else it stays in the precision that the plan permits
 * @param reason why it does not, or empty
 * @param biasCorrection root mean square of what bias correction adds to its bias, 0 where nothing
 */
public record LayerPrecision(String layer, String operator, boolean int8, String reason, double biasCorrection) { }
