package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import io.firesteel.op.Recurrent.Direction;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RecurrentEvaluatorsTest {

    private static final Offset<Float> CLOSE = within(1e-6f);
    private static final RecurrentActivation TANH = RecurrentActivation.TANH;
    private static final RecurrentActivation SIGMOID = RecurrentActivation.SIGMOID;

    private static Recurrent.Form form(Direction direction, boolean batchFirst, RecurrentActivation... activations) {
        List<RecurrentActivation> all = new ArrayList<>();
        Collections.nCopies(direction.count(), List.of(activations)).forEach(all::addAll);
        return new Recurrent.Form(direction, all, Float.POSITIVE_INFINITY, batchFirst);
    }

    private static Operator lstm(Direction direction, boolean batchFirst) {
        return new Recurrent.LSTM(form(direction, batchFirst, SIGMOID, TANH, TANH), false);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @Test
    void lstmWithPeepholesFollowsItsEquations() {
        Tensor x = Tensor.floats(new long[] {1, 1, 1}, 0.5f);
        Tensor w = Tensor.floats(new long[] {1, 4, 1}, 0.1f, 0.2f, 0.3f, 0.4f);
        Tensor r = Tensor.floats(new long[] {1, 4, 1}, 0.5f, 0.6f, 0.7f, 0.8f);
        Tensor bias = Tensor.floats(new long[] {1, 8}, 0.01f, 0.02f, 0.03f, 0.04f, 0.05f, 0.06f, 0.07f, 0.08f);
        Tensor h = Tensor.floats(new long[] {1, 1, 1}, 0.9f);
        Tensor c = Tensor.floats(new long[] {1, 1, 1}, -0.4f);
        Tensor p = Tensor.floats(new long[] {1, 3}, 0.11f, 0.12f, 0.13f);
        List<Tensor> y = OneNode.run(lstm(Direction.FORWARD, false), 3, x, w, r, bias, null, h, c, p);
        double input = sigmoid(0.05 + 0.45 + 0.06 + 0.11 * -0.4);
        double forget = sigmoid(0.15 + 0.63 + 0.10 + 0.13 * -0.4);
        double cell = forget * -0.4 + input * Math.tanh(0.2 + 0.72 + 0.12);
        double output = sigmoid(0.1 + 0.54 + 0.08 + 0.12 * cell);
        assertThat(y.get(2).toFloats()).containsExactly(new float[] {(float) cell}, CLOSE);
        assertThat(y.get(1).toFloats()).containsExactly(new float[] {(float) (output * Math.tanh(cell))}, CLOSE);
        assertThat(y.get(0).toFloats()).containsExactly(y.get(1).toFloats());
    }

    @Test
    void gruResetsBeforeOrAfterTheProduct() {
        Tensor x = Tensor.floats(new long[] {1, 1, 1}, 0.5f);
        Tensor w = Tensor.floats(new long[] {1, 3, 1}, 0.1f, 0.2f, 0.3f);
        Tensor r = Tensor.floats(new long[] {1, 3, 1}, 0.5f, 0.6f, 0.7f);
        Tensor bias = Tensor.floats(new long[] {1, 6}, 0, 0, 0, 0, 0, 0.25f);
        Tensor h = Tensor.floats(new long[] {1, 1, 1}, 0.9f);
        double update = sigmoid(0.05 + 0.45);
        double reset = sigmoid(0.1 + 0.54);
        for (boolean after : new boolean[] {false, true}) {
            Operator gru = new Recurrent.GRU(form(Direction.FORWARD, false, SIGMOID, TANH), after);
            double candidate = Math.tanh(0.15 + (after ? reset * (0.63 + 0.25) : reset * 0.63 + 0.25));
            assertThat(OneNode.run(gru, x, w, r, bias, null, h).toFloats())
                    .containsExactly(new float[] {(float) ((1 - update) * candidate + update * 0.9)}, CLOSE);
        }
    }

    @Test
    void clipAndActivationParametersApply() {
        RecurrentActivation affine = new RecurrentActivation(RecurrentActivation.Function.AFFINE, 2, 1);
        Operator rnn = new Recurrent.RNN(new Recurrent.Form(Direction.FORWARD, List.of(affine), 3, false));
        Tensor x = Tensor.floats(new long[] {2, 1, 1}, 1, 10);
        Tensor one = Tensor.floats(new long[] {1, 1, 1}, 1);
        Tensor zero = Tensor.floats(new long[] {1, 1, 1}, 0);
        assertThat(OneNode.run(rnn, x, one, zero).toFloats()).containsExactly(3, 7);
    }

    @Test
    void reverseIsForwardOnReversedSteps() {
        Tensor w = OneNode.random(1, 1, 12, 2);
        Tensor r = OneNode.random(2, 1, 12, 3);
        Tensor x = OneNode.random(3, 4, 1, 2);
        Tensor turned = Tensor.zeros(DataType.FLOAT32, 4, 1, 2);
        for (int i = 0; i < 8; i++) {
            turned.setDouble(i, x.getDouble((3 - i / 2) * 2 + i % 2));
        }
        List<Tensor> reverse = OneNode.run(lstm(Direction.REVERSE, false), 3, x, w, r);
        List<Tensor> forward = OneNode.run(lstm(Direction.FORWARD, false), 3, turned, w, r);
        assertThat(reverse.get(1).toFloats()).containsExactly(forward.get(1).toFloats());
        assertThat(reverse.get(0).getDouble(0)).isEqualTo(forward.get(0).getDouble(9));
    }

    @Test
    void rowsEndAfterTheirOwnNumberOfSteps() {
        Tensor w = OneNode.random(1, 2, 12, 2);
        Tensor r = OneNode.random(2, 2, 12, 3);
        Tensor x = OneNode.random(3, 2, 5, 2);
        Tensor lengths = Tensor.zeros(DataType.INT32, 2);
        lengths.setLong(0, 5);
        lengths.setLong(1, 2);
        List<Tensor> both = OneNode.run(lstm(Direction.BIDIRECTIONAL, true), 3, x, w, r, null, lengths);
        Tensor second = Tensor.zeros(DataType.FLOAT32, 1, 2, 2);
        for (int i = 0; i < 4; i++) {
            second.setDouble(i, x.getDouble(10 + i));
        }
        List<Tensor> alone = OneNode.run(lstm(Direction.BIDIRECTIONAL, true), 3, second, w, r);
        for (int i = 0; i < 12; i++) {
            assertThat(both.get(0).getDouble(30 + i)).isEqualTo(alone.get(0).getDouble(i));
            assertThat(both.get(0).getDouble(30 + 12 + i)).isZero();
        }
        for (int i = 0; i < 6; i++) {
            assertThat(both.get(1).getDouble(6 + i)).isEqualTo(alone.get(1).getDouble(i));
        }
    }
}
