package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.Signal;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignalEvaluatorsTest {

    private static final Offset<Double> CLOSE = within(1e-6);

    private static Tensor scalar(long value) {
        return Tensor.longs(new long[0], value);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 12, 30})
    void transformOfAnyLengthIsItsDefinition(int n) {
        Tensor x = OneNode.random(n, 2, n, 3, 2);
        Tensor y = OneNode.run(new Signal.DFT(1, false, false), x);
        for (int k = 0; k < n; k++) {
            double real = 0;
            double imaginary = 0;
            for (int i = 0; i < n; i++) {
                double angle = -2 * Math.PI * i * k / n;
                double a = x.getDouble(((n + i) * 3 + 1) * 2);
                double b = x.getDouble(((n + i) * 3 + 1) * 2 + 1);
                real += a * Math.cos(angle) - b * Math.sin(angle);
                imaginary += a * Math.sin(angle) + b * Math.cos(angle);
            }
            assertThat(y.getDouble(((n + k) * 3 + 1) * 2)).isCloseTo(real, within(1e-5));
            assertThat(y.getDouble(((n + k) * 3 + 1) * 2 + 1)).isCloseTo(imaginary, within(1e-5));
        }
    }

    @Test
    void oneSidedTransformsInvertEachOther() {
        Tensor x = OneNode.random(1, 2, 6, 1);
        Tensor spectrum = OneNode.run(new Signal.DFT(-2, false, true), x);
        assertThat(spectrum.sizes()).containsExactly(2, 4, 2);
        Tensor back = OneNode.run(new Signal.DFT(-2, true, true), spectrum);
        assertThat(back.sizes()).containsExactly(2, 6, 1);
        for (int i = 0; i < 12; i++) {
            assertThat(back.getDouble(i)).isCloseTo(x.getDouble(i), CLOSE);
        }
    }

    @Test
    void lengthAndAxisMayBeInputs() {
        Tensor x = Tensor.floats(new long[] {1, 3, 1}, 1, 2, 3);
        assertThat(OneNode.run(new Signal.DFT(-2, false, false), x, scalar(2), scalar(1)).toDoubles())
                .containsExactly(new double[] {3, 0, -1, 0}, CLOSE);
        assertThat(OneNode.run(new Signal.DFT(1, false, true), x, scalar(4)).sizes()).containsExactly(1, 3, 2);
    }

    @Test
    void shortTimeTransformsWindowTheirFrames() {
        Tensor x = Tensor.floats(new long[] {1, 6, 1}, 1, 2, 3, 4, 5, 6);
        Tensor window = Tensor.floats(new long[] {2}, 1, 2);
        Tensor y = OneNode.run(new Signal.STFT(true), x, scalar(2), window);
        assertThat(y.sizes()).containsExactly(1, 3, 2, 2);
        assertThat(y.getDouble(0)).isCloseTo(5, CLOSE);
        assertThat(y.getDouble(2)).isCloseTo(-3, CLOSE);
        assertThat(y.getDouble(8)).isCloseTo(17, CLOSE);
        assertThat(OneNode.run(new Signal.STFT(false), x, scalar(1), null, scalar(4)).sizes()).containsExactly(1, 3, 4, 2);
    }

    @Test
    void windowsArePeriodicOrSymmetric() {
        assertThat(OneNode.run(new Signal.HannWindow(true, DataType.FLOAT64), scalar(4)).toDoubles())
                .containsExactly(new double[] {0, 0.5, 1, 0.5}, CLOSE);
        assertThat(OneNode.run(new Signal.HannWindow(false, DataType.FLOAT64), scalar(5)).toDoubles())
                .containsExactly(new double[] {0, 0.5, 1, 0.5, 0}, CLOSE);
        assertThat(OneNode.run(new Signal.HammingWindow(true, DataType.FLOAT64), scalar(2)).toDoubles())
                .containsExactly(new double[] {4.0 / 46, 1}, CLOSE);
        assertThat(OneNode.run(new Signal.BlackmanWindow(false, DataType.FLOAT64), scalar(3)).toDoubles())
                .containsExactly(new double[] {0, 1, 0}, CLOSE);
    }

    @Test
    void melBandsAreTriangles() {
        Tensor y = OneNode.run(new Signal.MelWeightMatrix(DataType.FLOAT32), scalar(3), scalar(64), scalar(8000),
                Tensor.floats(new long[0], 0), Tensor.floats(new long[0], 4000));
        assertThat(y.sizes()).containsExactly(33, 3);
        for (int band = 0; band < 3; band++) {
            double largest = 0;
            for (int bin = 0; bin < 33; bin++) {
                largest = Math.max(largest, y.getDouble(bin * 3L + band));
            }
            assertThat(largest).isEqualTo(1);
        }
    }
}
