package io.firesteel.reference;

import static io.firesteel.reference.OperatorRunner.assertValues;
import static io.firesteel.reference.OperatorRunner.integers;
import static io.firesteel.reference.OperatorRunner.run;
import static io.firesteel.reference.OperatorRunner.tensor;
import static io.firesteel.reference.OperatorRunner.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationEvaluatorsTest {

    private static final List<Long> ONES = List.of(1L, 1L);
    private static final List<Long> NONE = List.of(0L, 0L);

    private static Tensor scale(double... values) {
        return values.length == 1 ? Tensor.scalar(DataType.FLOAT32, values[0]) : vector(DataType.FLOAT32, values);
    }

    @ParameterizedTest
    @CsvSource({"INT8,-128,127", "UINT8,0,255", "INT16,-32768,32767", "UINT16,0,65535"})
    void quantizingRoundsHalvesToEvenAndSaturates(DataType type, long lowest, long highest) {
        Tensor x = vector(DataType.FLOAT32, 1, 3, 5, 0, 1e9, -1e9, Double.POSITIVE_INFINITY);
        Tensor y = run(new Quantization.QuantizeLinear(type, 1, 0, DataType.FLOAT32), x, scale(2), integers(type, 10).reshaped());
        assertThat(y.toLongs()).containsExactly(10, 12, 12, 10, highest, lowest, highest);
    }

    @Test
    void axesAndBlocksHaveTheirOwnScales() {
        Tensor x = tensor(DataType.FLOAT32, new long[] {2, 2}, 2, 4, 6, 8);
        Quantization.QuantizeLinear rows = new Quantization.QuantizeLinear(DataType.INT8, -2, 0, DataType.FLOAT32);
        assertValues(run(rows, x, scale(1, 2), integers(DataType.INT8, 0, 1)), 2, 4, 4, 5);
        Tensor wide = tensor(DataType.INT8, new long[] {1, 3}, 1, 2, 3);
        Tensor blocks = tensor(DataType.FLOAT32, new long[] {1, 2}, 10, 100);
        assertValues(run(new Quantization.DequantizeLinear(DataType.FLOAT32, 1, 2), wide, blocks), 10, 20, 300);
        assertThatThrownBy(() -> run(rows, x, scale(1, 2, 3))).isInstanceOf(FiresteelException.class).hasMessageContaining("scale");
    }

    @Test
    void dequantizingIsExactForWideBiases() {
        Tensor bias = integers(DataType.INT32, Integer.MIN_VALUE, 3);
        assertValues(run(new Quantization.DequantizeLinear(DataType.FLOAT64, 0, 0), bias, Tensor.scalar(DataType.FLOAT64, 0.5)),
                -0x1p30, 1.5);
        Tensor x = integers(DataType.UINT8, 0, 255);
        assertValues(run(new Quantization.DequantizeLinear(DataType.FLOAT16, 0, 0), x, Tensor.scalar(DataType.FLOAT16, 0.5),
                integers(DataType.UINT8, 128).reshaped()), -64, 63.5);
    }

    @Test
    void theRangeOfTheDataGivesScaleAndZeroPoint() {
        List<Tensor> y = run(new Quantization.DynamicQuantizeLinear(), 3, vector(DataType.FLOAT32, -1, 0, 1.55));
        assertValues(y.get(0), 0, 100, 255);
        assertValues(y.get(1), 0.01);
        assertValues(y.get(2), 100);
        assertValues(run(new Quantization.DynamicQuantizeLinear(), 3, vector(DataType.FLOAT32, 0, 0)).get(0), 0, 0);
    }

    @Test
    void productsOfIntegersAreExact() {
        Tensor a = tensor(DataType.UINT8, new long[] {2, 2}, 255, 1, 2, 3);
        Tensor b = tensor(DataType.INT8, new long[] {2, 2}, -128, 1, 2, 3);
        Tensor y = run(new Quantization.MatMulInteger(), a, b, integers(DataType.UINT8, 1, 2), integers(DataType.INT8, 0, 1));
        assertThat(y.dataType()).isEqualTo(DataType.INT32);
        assertValues(y, 254 * -128, 0, 0 * -128 + 2, 2);
    }

    @Test
    void quantizedProductsRequantize() {
        Tensor a = tensor(DataType.UINT8, new long[] {1, 2}, 130, 126);
        Tensor b = tensor(DataType.INT8, new long[] {2, 2}, 4, 10, -4, 100);
        Tensor y = run(new Quantization.QLinearMatMul(), a, scale(0.5), integers(DataType.UINT8, 128).reshaped(), b, scale(0.25, 0.125),
                integers(DataType.INT8, 0, 0), scale(1), integers(DataType.UINT8, 7).reshaped());
        assertValues(y, 7 + 2, 0);
    }

    @Test
    void quantizedConvolutionsAgreeWithTheirDefinition() {
        Tensor x = tensor(DataType.UINT8, new long[] {1, 1, 2, 2}, 10, 20, 30, 40);
        Tensor w = tensor(DataType.INT8, new long[] {2, 1, 1, 1}, 3, -2);
        Tensor sums = run(new Quantization.ConvInteger(ONES, ONES, NONE, NONE, 1), x, w, integers(DataType.UINT8, 20).reshaped());
        assertValues(sums, -30, 0, 30, 60, 20, 0, -20, -40);
        Tensor y = run(new Quantization.QLinearConv(ONES, ONES, NONE, NONE, 1), x, scale(0.5), integers(DataType.UINT8, 20).reshaped(), w,
                scale(1, 0.5), integers(DataType.INT8, 0, 0), scale(2), integers(DataType.INT8, -1).reshaped(),
                integers(DataType.INT32, 8, 0));
        assertValues(y, -1 + -6, -1 + 2, -1 + 10, -1 + 17, -1 + 2, -1, -1 - 2, -1 - 5);
    }

    @Test
    void paddingStandsForZeroNotForTheNumberZero() {
        Tensor x = tensor(DataType.UINT8, new long[] {1, 1, 1, 1}, 25);
        Tensor w = tensor(DataType.INT8, new long[] {1, 1, 1, 3}, 1, 1, 1);
        Tensor y = run(new Quantization.ConvInteger(ONES, ONES, List.of(0L, 1L), List.of(0L, 1L), 1), x, w,
                integers(DataType.UINT8, 20).reshaped());
        assertValues(y, 5);
    }
}
