package io.firesteel.reference;

import io.firesteel.op.RecurrentActivation;
import java.util.List;

/** One step of a recurrent layer in one direction for one row. */
abstract class RecurrentCell {

    final int hidden;
    private final double[] recurrence;
    private final double[] recurrenceBias;
    private final List<RecurrentActivation> activations;
    private final double clip;

    /**
     * @param recurrence R of this direction, [gates * hidden, hidden]
     * @param recurrenceBias the bias of R, [gates * hidden]
     */
    RecurrentCell(int hidden, double[] recurrence, double[] recurrenceBias, List<RecurrentActivation> activations, double clip) {
        this.hidden = hidden;
        this.recurrence = recurrence;
        this.recurrenceBias = recurrenceBias;
        this.activations = activations;
        this.clip = clip;
    }

    /**
     * Takes a step.
     *
     * @param gates W times the step's features plus the bias of W, [gates * hidden]; overwritten
     * @param h the hidden state, replaced by the next
     * @param c the cell state, replaced by the next; not used by cells without one
     */
    abstract void step(double[] gates, double[] h, double[] c);

    /** R times {@code h} plus its bias, for one row of one gate. */
    final double recurrent(int gate, int row, double[] h) {
        int at = gate * hidden + row;
        double sum = recurrenceBias[at];
        for (int k = 0; k < hidden; k++) {
            sum += recurrence[at * hidden + k] * h[k];
        }
        return sum;
    }

    /** An activation function after clipping. */
    final double activate(int function, double x) {
        RecurrentActivation activation = activations.get(function);
        double v = Math.min(Math.max(x, -clip), clip);
        double alpha = activation.alpha();
        double beta = activation.beta();
        return switch (activation.function()) {
            case RELU -> Math.max(v, 0);
            case TANH -> Math.tanh(v);
            case SIGMOID -> 1 / (1 + Math.exp(-v));
            case AFFINE -> alpha * v + beta;
            case LEAKY_RELU -> v >= 0 ? v : alpha * v;
            case THRESHOLDED_RELU -> v >= alpha ? v : 0;
            case SCALED_TANH -> alpha * Math.tanh(beta * v);
            case HARD_SIGMOID -> Math.min(Math.max(alpha * v + beta, 0), 1);
            case ELU -> v >= 0 ? v : alpha * Math.expm1(v);
            case SOFTSIGN -> v / (1 + Math.abs(v));
            case SOFTPLUS -> Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
        };
    }

    /** {@code h = f(gate)}. */
    static final class Simple extends RecurrentCell {

        Simple(int hidden, double[] recurrence, double[] bias, List<RecurrentActivation> activations, double clip) {
            super(hidden, recurrence, bias, activations, clip);
        }

        @Override
        void step(double[] gates, double[] h, double[] c) {
            for (int j = 0; j < hidden; j++) {
                gates[j] += recurrent(0, j, h);
            }
            for (int j = 0; j < hidden; j++) {
                h[j] = activate(0, gates[j]);
            }
        }
    }

    /** The gated recurrent unit. */
    static final class Gated extends RecurrentCell {

        private final boolean linearBeforeReset;

        Gated(int hidden, double[] recurrence, double[] bias, List<RecurrentActivation> activations, double clip,
                boolean linearBeforeReset) {
            super(hidden, recurrence, bias, activations, clip);
            this.linearBeforeReset = linearBeforeReset;
        }

        @Override
        void step(double[] gates, double[] h, double[] c) {
            double[] update = new double[hidden];
            double[] reset = new double[hidden];
            double[] kept = new double[hidden];
            for (int j = 0; j < hidden; j++) {
                update[j] = activate(0, gates[j] + recurrent(0, j, h));
                reset[j] = activate(0, gates[hidden + j] + recurrent(1, j, h));
                kept[j] = reset[j] * h[j];
            }
            double[] next = new double[hidden];
            for (int j = 0; j < hidden; j++) {
                double recurrent = linearBeforeReset ? reset[j] * recurrent(2, j, h) : recurrent(2, j, kept);
                double candidate = activate(1, gates[2 * hidden + j] + recurrent);
                next[j] = (1 - update[j]) * candidate + update[j] * h[j];
            }
            System.arraycopy(next, 0, h, 0, hidden);
        }
    }

    /** Long short-term memory. */
    static final class LongShortTerm extends RecurrentCell {

        private final double[] peephole;
        private final boolean inputForget;

        /** @param peephole weights of i, o, f, [3 * hidden]; zeros for none */
        LongShortTerm(int hidden, double[] recurrence, double[] bias, List<RecurrentActivation> activations, double clip,
                double[] peephole, boolean inputForget) {
            super(hidden, recurrence, bias, activations, clip);
            this.peephole = peephole;
            this.inputForget = inputForget;
        }

        @Override
        void step(double[] gates, double[] h, double[] c) {
            for (int gate = 0; gate < 4; gate++) {
                for (int j = 0; j < hidden; j++) {
                    gates[gate * hidden + j] += recurrent(gate, j, h);
                }
            }
            for (int j = 0; j < hidden; j++) {
                double input = activate(0, gates[j] + peephole[j] * c[j]);
                double forget = inputForget ? 1 - input : activate(0, gates[2 * hidden + j] + peephole[2 * hidden + j] * c[j]);
                c[j] = forget * c[j] + input * activate(1, gates[3 * hidden + j]);
                double output = activate(0, gates[hidden + j] + peephole[hidden + j] * c[j]);
                h[j] = output * activate(2, c[j]);
            }
        }
    }
}
