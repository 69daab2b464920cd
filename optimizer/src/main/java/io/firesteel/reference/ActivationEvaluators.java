package io.firesteel.reference;

import io.firesteel.op.Activations;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;

/** Evaluators of {@link Activations}. */
public final class ActivationEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Activations.Relu.class, Pointwise.unary(op -> x -> x > 0 || Double.isNaN(x) ? x : 0, op -> x -> Math.max(x, 0)));
        registry.add(Activations.LeakyRelu.class, Pointwise.unary(op -> x -> x >= 0 ? x : op.alpha() * x));
        registry.add(Activations.Sigmoid.class, Pointwise.unary(op -> ActivationEvaluators::sigmoid));
        registry.add(Activations.Tanh.class, Pointwise.unary(op -> Math::tanh));
        registry.add(Activations.Swish.class, Pointwise.unary(op -> x -> x * sigmoid(op.alpha() * x)));
        registry.add(Activations.HardSwish.class, Pointwise.unary(op -> x -> x * clip(x / 6 + 0.5, 0, 1)));
        registry.add(Activations.HardSigmoid.class, Pointwise.unary(op -> x -> clip(op.alpha() * x + op.beta(), 0, 1)));
        registry.add(Activations.Gelu.class, Pointwise.unary(op -> op.tanh()
                ? x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
                : x -> 0.5 * x * (1 + ErrorFunction.erf(x / Math.sqrt(2)))));
        registry.add(Activations.ClipTo.class, ActivationEvaluators::clipTo);
        registry.add(Activations.Elu.class, Pointwise.unary(op -> x -> x > 0 ? x : op.alpha() * Math.expm1(x)));
        registry.add(Activations.Selu.class,
                Pointwise.unary(op -> x -> op.gamma() * (x > 0 ? x : op.alpha() * Math.expm1(x))));
        registry.add(Activations.Celu.class,
                Pointwise.unary(op -> x -> Math.max(x, 0) + Math.min(0, op.alpha() * Math.expm1(x / op.alpha()))));
        registry.add(Activations.Softplus.class, Pointwise.unary(op -> ActivationEvaluators::softplus));
        registry.add(Activations.Softsign.class, Pointwise.unary(op -> x -> x / (1 + Math.abs(x))));
        registry.add(Activations.ThresholdedRelu.class, Pointwise.unary(op -> x -> x > op.alpha() || Double.isNaN(x) ? x : 0));
        registry.add(Activations.Mish.class, Pointwise.unary(op -> x -> x * Math.tanh(softplus(x))));
        registry.add(Activations.Shrink.class, Pointwise.unary(op -> x -> shrink(x, op), op -> x -> (long) shrink(x, op)));
        registry.add(Activations.PRelu.class, Pointwise.binary(t -> t, op -> (x, slope) -> x < 0 ? x * slope : x,
                op -> (x, slope) -> x < 0 ? x * slope : x, op -> (x, slope) -> x));
    }

    private static List<HostValue> clipTo(Activations.ClipTo op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        if (x.dataType() != DataType.UINT64) {
            return Pointwise.<Activations.ClipTo>unary(o -> v -> clip(v, o.lower(), o.upper()),
                    o -> v -> Math.min(Math.max(v, (long) Math.ceil(o.lower())), (long) Math.floor(o.upper()))).evaluate(op, in);
        }
        Tensor y = Tensor.zeros(x.dataType(), x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            double value = x.getDouble(i);
            if (clip(value, op.lower(), op.upper()) == value) {
                y.setLong(i, x.getLong(i));
            } else {
                y.setDouble(i, clip(value, op.lower(), op.upper()));
            }
        }
        return List.of(y);
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double shrink(double x, Activations.Shrink op) {
        return x < -op.lambda() ? x + op.bias() : x > op.lambda() ? x - op.bias() : Double.isNaN(x) ? x : 0;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double clip(double x, double lower, double upper) {
        return Math.min(Math.max(x, lower), upper);
    }
}
