package io.firesteel.backend.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.cuda.blas.RecurrentLayers;
import io.firesteel.op.Operator;
import io.firesteel.op.Recurrent;
import io.firesteel.op.Recurrent.Direction;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class RecurrentSweepTest {

    private static final RecurrentActivation SIGMOID = RecurrentActivation.SIGMOID;
    private static final RecurrentActivation TANH = RecurrentActivation.TANH;

    /** Random numbers that keep sums over a long axis where activations are not flat. */
    private static Tensor weights(long seed, long... sizes) {
        Tensor tensor = GeneratedLayerCheck.random(DataType.FLOAT32, seed, sizes);
        double factor = 2 / Math.sqrt(sizes[sizes.length - 1]);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, tensor.getDouble(i) * factor);
        }
        return tensor;
    }

    private static GeneratedLayerCheck layer(Operator operator, int outputs, int gates, int directions, long[] data, long hidden) {
        return GeneratedLayerCheck.of(operator, outputs).by(new RecurrentLayers()).variable(data)
                .constant(weights(7, directions, gates * hidden, data[2])).constant(weights(8, directions, gates * hidden, hidden))
                .constant(directions, 2 * gates * hidden).loose(8);
    }

    private static void check(GeneratedLayerCheck layer) {
        layer.check(Precision.FP16);
        layer.check(Precision.BF16);
    }

    private static Recurrent.Form lstm(Direction direction, boolean batchFirst) {
        List<RecurrentActivation> one = List.of(SIGMOID, TANH, TANH);
        return new Recurrent.Form(direction, direction == Direction.BIDIRECTIONAL
                ? List.of(SIGMOID, TANH, TANH, SIGMOID, TANH, SIGMOID) : one, Float.POSITIVE_INFINITY, batchFirst);
    }

    @Test
    void takesAllStepsOfLstms() {
        for (boolean batchFirst : new boolean[] {false, true}) {
            Recurrent.LSTM both = new Recurrent.LSTM(lstm(Direction.BIDIRECTIONAL, batchFirst), false);
            long[] data = batchFirst ? new long[] {37, 7, 24} : new long[] {7, 37, 24};
            check(layer(both, 3, 4, 2, data, 256));
            check(layer(both, 3, 4, 2, data, 20));
            check(layer(both, 3, 4, 2, data, 75));
        }
        check(layer(new Recurrent.LSTM(lstm(Direction.FORWARD, false), false), 3, 4, 1, new long[] {30, 20, 500}, 500));
    }

    @Test
    void continuesFromGivenStates() {
        check(layer(new Recurrent.LSTM(lstm(Direction.REVERSE, false), false), 3, 4, 1, new long[] {5, 9, 16}, 130).absent()
                .variable(1, 9, 130).variable(1, 9, 130).constant(1, 390));
        check(layer(new Recurrent.LSTM(lstm(Direction.FORWARD, true), true), 2, 4, 1, new long[] {9, 5, 16}, 64).absent()
                .variable(9, 1, 64).variable(9, 1, 64));
    }

    @Test
    void endsRowsAfterTheirSteps() {
        Tensor lengths = Tensor.zeros(DataType.INT32, 10);
        for (int i = 0; i < 10; i++) {
            lengths.setLong(i, i % 7);
        }
        Recurrent.Form both = new Recurrent.Form(Direction.BIDIRECTIONAL, List.of(SIGMOID, TANH, SIGMOID, TANH), Float.POSITIVE_INFINITY,
                false);
        check(layer(new Recurrent.GRU(both, true), 2, 3, 2, new long[] {6, 10, 12}, 140).variable(lengths).variable(2, 10, 140));
        Recurrent.Form simple = new Recurrent.Form(Direction.REVERSE, List.of(TANH), 0.75f, false);
        check(layer(new Recurrent.RNN(simple), 2, 1, 1, new long[] {6, 10, 12}, 96).variable(lengths));
    }

    @Test
    void leavesWeightsThatDoNotFit() {
        assertThat(RecurrentSweep.of(layer(new Recurrent.LSTM(lstm(Direction.FORWARD, false), false), 3, 4, 1, new long[] {2, 2, 16}, 600)
                .layer(Precision.FP16))).isEmpty();
    }
}
