package io.firesteel.reference;

import io.firesteel.op.Optimizers;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Evaluators of {@link Optimizers}. */
public final class OptimizerEvaluators implements EvaluatorFamily {

    /** Updates one element: the parameter and its states, given its gradient. */
    @FunctionalInterface
    private interface ElementUpdate {
        void update(double[] parameterAndStates, double gradient);
    }

    @Override
    public void register(Registry registry) {
        registry.add(Optimizers.Adagrad.class, (op, in) -> {
            double rate = rate(in) / (1 + count(in) * op.decayFactor());
            return update(op, in, (p, gradient) -> {
                double regularized = op.normCoefficient() * p[0] + gradient;
                p[1] += regularized * regularized;
                p[0] -= rate * regularized / (Math.sqrt(p[1]) + op.epsilon());
            });
        });
        registry.add(Optimizers.Adam.class, (op, in) -> {
            double t = count(in);
            double rate = t > 0 ? rate(in) * Math.sqrt(1 - Math.pow(op.beta(), t)) / (1 - Math.pow(op.alpha(), t)) : rate(in);
            return update(op, in, (p, gradient) -> {
                double regularized = op.normCoefficient() * p[0] + gradient;
                p[1] = op.alpha() * p[1] + (1 - op.alpha()) * regularized;
                p[2] = op.beta() * p[2] + (1 - op.beta()) * regularized * regularized;
                p[0] = (1 - op.normCoefficientPost()) * (p[0] - rate * p[1] / (Math.sqrt(p[2]) + op.epsilon()));
            });
        });
        registry.add(Optimizers.Momentum.class, (op, in) -> {
            double rate = rate(in);
            double weight = count(in) > 0 ? op.beta() : 1;
            return update(op, in, (p, gradient) -> {
                double regularized = op.normCoefficient() * p[0] + gradient;
                p[1] = op.alpha() * p[1] + weight * regularized;
                p[0] -= rate * (op.nesterov() ? regularized + op.alpha() * p[1] : p[1]);
            });
        });
    }

    private static double rate(EvaluationContext in) {
        return in.tensor(0).getDouble(0);
    }

    private static double count(EvaluationContext in) {
        return in.tensor(1).getDouble(0);
    }

    private static List<HostValue> update(Optimizers.UpdateRule rule, EvaluationContext in, ElementUpdate update) {
        int parameters = rule.parameters(in.inputCount());
        List<HostValue> results = new ArrayList<>();
        for (int group = 0; group <= rule.states(); group++) {
            for (int p = 0; p < parameters; p++) {
                results.add(StridedCopy.duplicate(in.tensor(2 + (group == 0 ? 0 : group + 1) * parameters + p)));
            }
        }
        double[] values = new double[1 + rule.states()];
        for (int p = 0; p < parameters; p++) {
            Tensor gradients = in.tensor(2 + parameters + p);
            for (long i = 0; i < gradients.elements(); i++) {
                for (int group = 0; group < values.length; group++) {
                    values[group] = ((Tensor) results.get(group * parameters + p)).getDouble(i);
                }
                update.update(values, gradients.getDouble(i));
                for (int group = 0; group < values.length; group++) {
                    ((Tensor) results.get(group * parameters + p)).setDouble(i, values[group]);
                }
            }
        }
        return results;
    }
}
