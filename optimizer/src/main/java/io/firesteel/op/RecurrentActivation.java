package io.firesteel.op;

/**
 * An activation function inside a recurrent cell.
 *
 * @param function the function
 * @param alpha its first parameter; 0 where it has none
 * @param beta its second parameter; 0 where it has none
 */
public record RecurrentActivation(Function function, float alpha, float beta) {

    /** The functions ONNX knows in recurrent cells. */
    public enum Function {
        /** {@code max(x, 0)}. */
        RELU,
        /** {@code tanh(x)}. */
        TANH,
        /** {@code 1 / (1 + exp(-x))}. */
        SIGMOID,
        /** {@code alpha * x + beta}. */
        AFFINE,
        /** {@code x} where positive, else {@code alpha * x}. */
        LEAKY_RELU,
        /** {@code x} where at least alpha, else 0. */
        THRESHOLDED_RELU,
        /** {@code alpha * tanh(beta * x)}. */
        SCALED_TANH,
        /** {@code min(max(alpha * x + beta, 0), 1)}. */
        HARD_SIGMOID,
        /** {@code x} where positive, else {@code alpha * (exp(x) - 1)}. */
        ELU,
        /** {@code x / (1 + |x|)}. */
        SOFTSIGN,
        /** {@code log(1 + exp(x))}. */
        SOFTPLUS
    }

    /** The hyperbolic tangent. */
    public static final RecurrentActivation TANH = new RecurrentActivation(Function.TANH, 0, 0);

    /** The logistic function. */
    public static final RecurrentActivation SIGMOID = new RecurrentActivation(Function.SIGMOID, 0, 0);
}
