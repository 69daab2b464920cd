package io.firesteel.reference;

import io.firesteel.op.Activations;

/** Evaluators of {@link Activations}. */
public final class ActivationEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Activations.Relu.class, Pointwise.unary(op -> x -> x > 0 || Double.isNaN(x) ? x : 0));
        registry.add(Activations.LeakyRelu.class, Pointwise.unary(op -> x -> x >= 0 ? x : op.alpha() * x));
        registry.add(Activations.Sigmoid.class, Pointwise.unary(op -> ActivationEvaluators::sigmoid));
        registry.add(Activations.Tanh.class, Pointwise.unary(op -> Math::tanh));
        registry.add(Activations.Swish.class, Pointwise.unary(op -> x -> x * sigmoid(op.alpha() * x)));
        registry.add(Activations.HardSwish.class, Pointwise.unary(op -> x -> x * clip(x / 6 + 0.5, 0, 1)));
        registry.add(Activations.HardSigmoid.class, Pointwise.unary(op -> x -> clip(op.alpha() * x + op.beta(), 0, 1)));
        registry.add(Activations.Gelu.class, Pointwise.unary(op -> op.tanh()
                ? x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
                : x -> 0.5 * x * (1 + ErrorFunction.erf(x / Math.sqrt(2)))));
        registry.add(Activations.ClipTo.class, Pointwise.unary(op -> x -> clip(x, op.lower(), op.upper())));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double clip(double x, double lower, double upper) {
        return Math.min(Math.max(x, lower), upper);
    }
}
