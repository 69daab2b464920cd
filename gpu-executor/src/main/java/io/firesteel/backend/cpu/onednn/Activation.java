package io.firesteel.backend.cpu.onednn;

import org.bytedeco.dnnl.global.dnnl;

/**
 * A unary function of oneDNN.
 *
 * @param kind which function
 * @param alpha first parameter, where the function has one
 * @param beta second parameter, where the function has one
 */
public record Activation(Kind kind, float alpha, float beta) {

    /** The functions; {@code a} and {@code b} are the parameters. */
    public enum Kind {
        /** x for x > 0, else a * x. */
        RELU,
        /** Hyperbolic tangent. */
        TANH,
        /** x for x > 0, else a * (exp(x) - 1). */
        ELU,
        /** x * x. */
        SQUARE,
        /** Absolute value. */
        ABS,
        /** Square root. */
        SQRT,
        /** a * x + b. */
        LINEAR,
        /** log(1 + exp(a * x)) / a. */
        SOFTPLUS,
        /** 1 / (1 + exp(-x)). */
        SIGMOID,
        /** Exponential. */
        EXP,
        /** Natural logarithm. */
        LOG,
        /** GELU by its tanh approximation. */
        GELU_TANH,
        /** GELU by the error function. */
        GELU_ERF,
        /** x * sigmoid(a * x). */
        SWISH,
        /** max(a, min(b, x)). */
        CLIP,
        /** a * x^b. */
        POW,
        /** x * tanh(softplus(x)). */
        MISH,
        /** x * max(0, min(1, a * x + b)). */
        HARD_SWISH,
        /** max(0, min(1, a * x + b)). */
        HARD_SIGMOID,
        /** Round half to even. */
        ROUND;

        int code() {
            return switch (this) {
                case RELU -> dnnl.dnnl_eltwise_relu;
                case TANH -> dnnl.dnnl_eltwise_tanh;
                case ELU -> dnnl.dnnl_eltwise_elu;
                case SQUARE -> dnnl.dnnl_eltwise_square;
                case ABS -> dnnl.dnnl_eltwise_abs;
                case SQRT -> dnnl.dnnl_eltwise_sqrt;
                case LINEAR -> dnnl.dnnl_eltwise_linear;
                case SOFTPLUS -> dnnl.dnnl_eltwise_soft_relu;
                case SIGMOID -> dnnl.dnnl_eltwise_logistic;
                case EXP -> dnnl.dnnl_eltwise_exp;
                case LOG -> dnnl.dnnl_eltwise_log;
                case GELU_TANH -> dnnl.dnnl_eltwise_gelu_tanh;
                case GELU_ERF -> dnnl.dnnl_eltwise_gelu_erf;
                case SWISH -> dnnl.dnnl_eltwise_swish;
                case CLIP -> dnnl.dnnl_eltwise_clip_v2;
                case POW -> dnnl.dnnl_eltwise_pow;
                case MISH -> dnnl.dnnl_eltwise_mish;
                case HARD_SWISH -> dnnl.dnnl_eltwise_hardswish;
                case HARD_SIGMOID -> dnnl.dnnl_eltwise_hardsigmoid;
                case ROUND -> dnnl.dnnl_eltwise_round;
            };
        }
    }

    /** Whether it takes a series of operations, not just a few. */
    public boolean isTranscendental() {
        return switch (kind) {
            case RELU, SQUARE, ABS, SQRT, LINEAR, CLIP, HARD_SWISH, HARD_SIGMOID, ROUND -> false;
            case TANH, ELU, SOFTPLUS, SIGMOID, EXP, LOG, GELU_TANH, GELU_ERF, SWISH, POW, MISH -> true;
        };
    }

    /** A function without parameters. */
    public static Activation of(Kind kind) {
        return new Activation(kind, 0, 0);
    }

    /** max(0, x). */
    public static Activation relu() {
        return of(Kind.RELU);
    }
}
