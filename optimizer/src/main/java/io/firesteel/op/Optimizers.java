package io.firesteel.op;

import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Update rules of stochastic gradient descent, as ONNX's preview of training defines them. Inputs: 0 the learning rate; 1 the
 * number of updates so far; then all parameters; their gradients; each further state of theirs. Outputs: all parameters, then
 * each state, updated.
 */
public final class Optimizers {

    private Optimizers() { }

    /** An update rule. */
    public interface UpdateRule extends Operator {

        /** Tensors of state for each parameter. */
        int states();

        /** The number of parameters for a number of node inputs. */
        default int parameters(int inputs) {
            int each = 2 + states();
            if (inputs < 2 + each || (inputs - 2) % each != 0) {
                throw new IllegalArgumentException(inputs + " inputs are not the rate, the count and " + each + " for each parameter");
            }
            return (inputs - 2) / each;
        }

        @Override
        default List<ValueType> inferTypes(InferenceContext context) {
            int parameters = parameters(context.inputCount());
            List<ValueType> types = new ArrayList<>();
            for (int group = 0; group < 2 + states(); group++) {
                for (int i = 0; i < parameters && group != 1; i++) {
                    types.add(context.tensor(2 + group * parameters + i));
                }
            }
            return types;
        }
    }

    /**
     * Adagrad; the state is the sum of squared gradients.
     *
     * @param decayFactor of the learning rate by updates
     * @param epsilon added to the root of the state
     * @param normCoefficient of the regularization
     */
    public record Adagrad(float decayFactor, float epsilon, float normCoefficient) implements UpdateRule {
        @Override
        public int states() {
            return 1;
        }
    }

    /**
     * Adam; the states are the averages of the gradients and of their squares.
     *
     * @param alpha decay of the first average
     * @param beta decay of the second
     * @param epsilon added to the root of the second
     * @param normCoefficient of the regularization
     * @param normCoefficientPost of the regularization after the update
     */
    public record Adam(float alpha, float beta, float epsilon, float normCoefficient, float normCoefficientPost)
            implements UpdateRule {
        @Override
        public int states() {
            return 2;
        }
    }

    /**
     * Gradient descent with momentum; the state is the momentum.
     *
     * @param alpha decay of the momentum
     * @param beta weight of a gradient, but for the first
     * @param nesterov whether the update looks one step ahead
     * @param normCoefficient of the regularization
     */
    public record Momentum(float alpha, float beta, boolean nesterov, float normCoefficient) implements UpdateRule {
        @Override
        public int states() {
            return 1;
        }
    }
}
