package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Layer;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.tensor.DataType;
import java.util.Optional;

/**
 * What a recurrent layer computes from its gates, as device code.
 *
 * @param form activations, clip and direction
 * @param gates how many
 * @param coupled whether an LSTM forgets what it does not take in
 */
record RecurrentCell(Recurrent.Form form, int gates, boolean coupled) {

    /** The cell of a layer; empty for a GRU that resets before the product. */
    static Optional<RecurrentCell> of(Layer layer) {
        if (layer.operator() instanceof Recurrent.GRU gru) {
            return gru.linearBeforeReset() ? Optional.of(new RecurrentCell(gru.form(), 3, false)) : Optional.empty();
        }
        return Optional.of(layer.operator() instanceof Recurrent.LSTM lstm ? new RecurrentCell(lstm.form(), 4, lstm.inputForget())
                : new RecurrentCell(((Recurrent.RNN) layer.operator()).form(), 1, false));
    }

    /** Statements for a direction: from {@code in}, {@code sum}, {@code h} and {@code REMEMBERED}, the cell state, they set {@code next}. */
    String text(int d) {
        if (gates == 1) {
            return "next = " + activation(d, 0, 1, "in[0] + sum[0]") + ";";
        }
        if (gates == 3) {
            return "const float z = " + activation(d, 0, 2, "in[0] + sum[0]") + "; const float r = "
                    + activation(d, 0, 2, "in[1] + sum[1]") + "; const float candidate = "
                    + activation(d, 1, 2, "in[2] + r * sum[2]") + "; next = (1 - z) * candidate + z * h;";
        }
        return "const float c = REMEMBERED; const float i = " + activation(d, 0, 3, "in[0] + sum[0] + (peephole ? peephole[j] * c : 0)") + ";"
                + " const float f = " + (coupled ? "1 - i"
                        : activation(d, 0, 3, "in[2] + sum[2] + (peephole ? peephole[2 * HIDDEN + j] * c : 0)")) + ";"
                + " const float g = " + activation(d, 1, 3, "in[3] + sum[3]") + "; const float now = f * c + i * g;"
                + " const float o = " + activation(d, 0, 3, "in[1] + sum[1] + (peephole ? peephole[HIDDEN + j] * now : 0)") + ";"
                + " next = o * " + activation(d, 2, 3, "now") + "; if (active) REMEMBERED = now;";
    }

    private String activation(int d, int index, int functions, String x) {
        RecurrentActivation a = form.activations().get(d * functions + index);
        String v = Float.isInfinite(form.clip()) ? "(" + x + ")" : "f_clip(" + x + ", -" + form.clip() + "f, " + form.clip() + "f)";
        String alpha = CudaTypes.literal(a.alpha(), DataType.FLOAT32);
        String beta = CudaTypes.literal(a.beta(), DataType.FLOAT32);
        return switch (a.function()) {
            case RELU -> "f_relu(" + v + ")";
            case TANH -> "f_tanh(" + v + ")";
            case SIGMOID -> "f_sigmoid(" + v + ")";
            case AFFINE -> "(" + alpha + " * " + v + " + " + beta + ")";
            case LEAKY_RELU -> "(" + v + " >= 0 ? " + v + " : " + alpha + " * " + v + ")";
            case THRESHOLDED_RELU -> "(" + v + " >= " + alpha + " ? " + v + " : 0)";
            case SCALED_TANH -> "(" + alpha + " * f_tanh(" + beta + " * " + v + "))";
            case HARD_SIGMOID -> "f_clip(" + alpha + " * " + v + " + " + beta + ", 0.0f, 1.0f)";
            case ELU -> "(" + v + " >= 0 ? " + v + " : " + alpha + " * f_expm1(" + v + "))";
            case SOFTSIGN -> "(" + v + " / (1 + f_abs(" + v + ")))";
            case SOFTPLUS -> "f_softplus(" + v + ")";
        };
    }
}
