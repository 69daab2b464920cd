package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The numbers of quantized layers need no GPU. */
class QuantizedNumbersTest {

    private static Optional<QuantizationParameters> bytes(double scale, long zeroPoint) {
        return Optional.of(new QuantizationParameters(DataType.INT8, 0, List.of((float) scale), List.of(zeroPoint)));
    }

    private static QuantizedNumbers numbers(PointwiseOperator activation, long zeroPoint) {
        PointwiseProgram epilogue = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
                new Instruction(activation, List.of(2))));
        Convolution convolution = new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(0L, 0L), List.of(0L, 0L), 1, epilogue);
        List<Optional<QuantizationParameters>> inputs = new ArrayList<>(List.of(bytes(0.5, zeroPoint), Optional.of(
                new QuantizationParameters(DataType.INT8, 0, List.of(0.25f, 2f), List.of())), Optional.empty(), bytes(3, 0)));
        Quantized operator = new Quantized(convolution, inputs, bytes(0.125, 0));
        Tensor weights = Tensor.zeros(DataType.INT8, 2, 3, 1, 1);
        for (int i = 0; i < 6; i++) {
            weights.setLong(i, i + 1);
        }
        return new QuantizedNumbers(DeviceLayerCheck.of(operator).variable(Tensor.zeros(DataType.INT8, 1, 3, 4, 4)).constant(weights)
                .constant(Tensor.floats(new long[] {2}, 1, -2)).variable(Tensor.zeros(DataType.INT8, 1, 2, 4, 4)).layer(), operator);
    }

    @Test
    void sumsAndBoundsAreInUnitsOfTheResult() {
        QuantizedNumbers numbers = numbers(new Activations.ClipTo(0, 6), 0);
        assertThat(numbers.resultFactor()).isEqualTo(1);
        assertThat(numbers.scales(4)).containsExactly(1, 8, 0, 0);
        assertThat(numbers.biases(3)).containsExactly(8, -16, 0);
        assertThat(numbers.factor(3)).isEqualTo(24);
        assertThat(numbers.program().instructions().get(1).operator()).isEqualTo(new Activations.ClipTo(0, 48));
    }

    @Test
    void otherActivationsAreOnRealNumbers() {
        QuantizedNumbers numbers = numbers(new Activations.Swish(1), 0);
        assertThat(numbers.resultFactor()).isEqualTo(8);
        assertThat(numbers.scales(2)).containsExactly(0.125f, 1);
        assertThat(numbers.factor(3)).isEqualTo(3);
        assertThat(numbers.program()).isEqualTo(numbers.product().epilogue());
    }

    @Test
    void biasesTakeTheZeroPointAway() {
        float[] biases = numbers(new Activations.Relu(), -3).biases(2);
        assertThat(biases[0]).isCloseTo(8 + 3 * 6, within(1e-5f));
        assertThat(biases[1]).isCloseTo(-16 + 8 * 3 * 15, within(1e-4f));
    }

    @Test
    void weightsLieInTheOrderOfThreads() {
        IntegerProduct product = new IntegerProduct(true, 40, 20, IntegerProduct.Rows.every(7, 40), 20, null, 0, DataType.INT8,
                new IntegerEpilogue("", List.of(), false, false));
        Tensor weights = Tensor.zeros(DataType.INT32, 20, 40);
        for (long i = 0; i < weights.elements(); i++) {
            weights.setLong(i, i + 1);
        }
        List<Long> columns = new ArrayList<>();
        List<Long> summands = new ArrayList<>();
        for (long i = 0; i < 40; i++) {
            columns.add(i * 40);
            summands.add(i);
        }
        WeightForm form = product.weights(columns.subList(0, 20), summands);
        Tensor prepared = Tensor.zeros(DataType.INT32, form.elements());
        form.fill(weights, prepared);
        assertThat(form.elements()).isEqualTo(32 * 64);
        // Row 2 of the form is column 8 of the product; its bytes 4 to 7 are what the second thread of a row reads first.
        assertThat(prepared.getLong(2 * 64 + 4)).isEqualTo(8 * 40 + 16 + 1);
        assertThat(prepared.getLong(2 * 64 + 16)).isEqualTo(8 * 40 + 4 + 1);
        // Row 6 is column 24, byte 12 summand 48: padding.
        assertThat(prepared.getLong(6 * 64)).isZero();
        assertThat(prepared.getLong(2 * 64 + 12)).isZero();
    }
}
