package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatMulEvaluatorsTest {

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void productsLargerThanOneBlockAreSumsOfProducts(boolean transposeA, boolean transposeB) {
        int rows = 3;
        int inner = 300;
        int columns = 270;
        Tensor a = transposeA ? OneNode.random(1, inner, rows) : OneNode.random(1, rows, inner);
        Tensor b = transposeB ? OneNode.random(2, columns, inner) : OneNode.random(2, inner, columns);
        Tensor bias = OneNode.random(3, columns);
        Tensor y = OneNode.run(new MatMul(transposeA, transposeB, PointwiseProgram.IDENTITY), a, b, bias);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                double sum = bias.getDouble(c);
                for (int k = 0; k < inner; k++) {
                    sum += a.getDouble(transposeA ? k * rows + r : r * inner + k)
                            * b.getDouble(transposeB ? c * inner + k : k * columns + c);
                }
                assertThat(y.getDouble((long) r * columns + c)).isCloseTo(sum, within(1e-5));
            }
        }
    }

    @Test
    void batchDimensionsBroadcast() {
        Tensor a = Tensor.floats(new long[] {2, 1, 1, 2}, 1, 2, 3, 4);
        Tensor b = Tensor.floats(new long[] {2, 2, 1}, 1, 10, 100, 1000);
        Tensor y = OneNode.run(new MatMul(), a, b);
        assertThat(y.sizes()).containsExactly(2, 2, 1, 1);
        assertThat(y.toFloats()).containsExactly(21, 2100, 43, 4300);
    }

    @Test
    void vectorsLoseTheirAxis() {
        Tensor vector = Tensor.floats(new long[] {2}, 1, 10);
        Tensor matrix = Tensor.floats(new long[] {2, 2}, 1, 2, 3, 4);
        assertThat(OneNode.run(new MatMul(), vector, matrix).toFloats()).containsExactly(31, 42);
        assertThat(OneNode.run(new MatMul(), matrix, vector).toFloats()).containsExactly(21, 43);
        assertThat(OneNode.run(new MatMul(), vector, vector).sizes()).isEmpty();
    }

    @Test
    void integerProductsAreExact() {
        Tensor a = Tensor.longs(new long[] {1, 2}, 1L << 53, 1);
        Tensor b = Tensor.longs(new long[] {2, 1}, 1, 1);
        assertThat(OneNode.run(new MatMul(), a, b).toLongs()).containsExactly((1L << 53) + 1);
    }
}
