package io.firesteel.op;

/** Activation functions with their ONNX names and defaults; all keep the operand's type. */
public final class Activations {

    private Activations() { }

    /** {@code max(x, 0)}. */
    public record Relu() implements UnaryOperator { }

    /**
     * {@code x} where positive, else {@code alpha * x}.
     *
     * @param alpha slope below zero
     */
    public record LeakyRelu(float alpha) implements UnaryOperator { }

    /** {@code 1 / (1 + exp(-x))}. */
    public record Sigmoid() implements UnaryOperator { }

    /** {@code tanh(x)}. */
    public record Tanh() implements UnaryOperator { }

    /** {@code x * sigmoid(alpha * x)}; SiLU for {@code alpha} = 1. */
    public record Swish(float alpha) implements UnaryOperator { }

    /** {@code x * min(max(x / 6 + 0.5, 0), 1)}. */
    public record HardSwish() implements UnaryOperator { }

    /** {@code min(max(alpha * x + beta, 0), 1)}. */
    public record HardSigmoid(float alpha, float beta) implements UnaryOperator { }

    /** {@code x * Phi(x)}: by the error function, or by its tanh approximation. */
    public record Gelu(boolean tanh) implements UnaryOperator { }

    /** {@code min(max(x, lower), upper)} with constant bounds; infinite where there is none. */
    public record ClipTo(double lower, double upper) implements UnaryOperator { }

    /** {@code x} where positive, else {@code alpha * (exp(x) - 1)}. */
    public record Elu(float alpha) implements UnaryOperator { }

    /** {@code gamma * x} where positive, else {@code gamma * alpha * (exp(x) - 1)}. */
    public record Selu(float alpha, float gamma) implements UnaryOperator { }

    /** {@code x} where positive, else {@code alpha * (exp(x / alpha) - 1)}. */
    public record Celu(float alpha) implements UnaryOperator { }

    /** {@code log(1 + exp(x))}. */
    public record Softplus() implements UnaryOperator { }

    /** {@code x / (1 + |x|)}. */
    public record Softsign() implements UnaryOperator { }

    /** {@code x} where above {@code alpha}, else 0. */
    public record ThresholdedRelu(float alpha) implements UnaryOperator { }

    /** {@code x * tanh(log(1 + exp(x)))}. */
    public record Mish() implements UnaryOperator { }

    /** {@code x + bias} below {@code -lambda}, {@code x - bias} above {@code lambda}, else 0. */
    public record Shrink(float lambda, float bias) implements UnaryOperator { }

    /** {@code a} where not negative, else {@code a * slope}; input 1 is the slope, broadcast to {@code a}. */
    public record PRelu() implements BinaryOperator { }
}
