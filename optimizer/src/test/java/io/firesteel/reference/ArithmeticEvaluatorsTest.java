package io.firesteel.reference;

import static io.firesteel.reference.OperatorRunner.assertValues;
import static io.firesteel.reference.OperatorRunner.integers;
import static io.firesteel.reference.OperatorRunner.run;
import static io.firesteel.reference.OperatorRunner.tensor;
import static io.firesteel.reference.OperatorRunner.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Comparisons;
import io.firesteel.op.Logic;
import io.firesteel.op.Mathematics;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArithmeticEvaluatorsTest {

    @ParameterizedTest
    @EnumSource(value = DataType.class, names = "BOOL", mode = EnumSource.Mode.EXCLUDE)
    void everyNumberTypeAdds(DataType type) {
        Tensor a = vector(type, 7, 5, 3);
        Tensor b = vector(type, 2, 5, 1);
        assertValues(run(new Arithmetic.Add(), a, b), 9, 10, 4);
        assertValues(run(new Arithmetic.Sub(), a, b), 5, 0, 2);
        assertValues(run(new Arithmetic.Mul(), a, b), 14, 25, 3);
        assertValues(run(new Arithmetic.Div(), a, b), type.isFloatingPoint() ? 3.5 : 3, 1, 3);
        assertValues(run(new Arithmetic.Pow(), b, vector(type, 3, 2, 9)), 8, 25, 1);
        assertValues(run(new Arithmetic.Max(), a, b), 7, 5, 3);
        assertValues(run(new Arithmetic.Min(), a, b), 2, 5, 1);
        assertValues(run(new Comparisons.Greater(), a, b), 1, 0, 1);
        assertValues(run(new Comparisons.LessOrEqual(), a, b), 0, 1, 0);
    }

    @ParameterizedTest
    @EnumSource(value = DataType.class, names = {"FLOAT32", "FLOAT64", "INT32"})
    void operandsBroadcastBothWays(DataType type) {
        Tensor column = tensor(type, new long[] {2, 1, 2}, 10, 20, 30, 40);
        Tensor row = tensor(type, new long[] {3, 1}, 1, 2, 3);
        Tensor sum = run(new Arithmetic.Add(), column, row);
        assertThat(sum.sizes()).containsExactly(2, 3, 2);
        assertValues(sum, 11, 21, 12, 22, 13, 23, 31, 41, 32, 42, 33, 43);
        assertValues(run(new Arithmetic.Sub(), row, column), -9, -19, -8, -18, -7, -17, -29, -39, -28, -38, -27, -37);
        assertThat(run(new Arithmetic.Add(), tensor(type, new long[] {2, 3, 0}), row).sizes()).containsExactly(2, 3, 0);
    }

    @Test
    void unsigned64BitNumbersHaveNoSign() {
        Tensor a = integers(DataType.UINT64, -1, 10);
        Tensor b = integers(DataType.UINT64, 2, 3);
        assertThat(run(new Arithmetic.Div(), a, b).toLongs()).containsExactly(Long.MAX_VALUE, 3);
        assertThat(run(new Arithmetic.Mod(false), a, b).toLongs()).containsExactly(1, 1);
        assertThat(run(new Arithmetic.Max(), a, b).toLongs()).containsExactly(-1, 10);
        assertThat(run(new Comparisons.Less(), a, b).toLongs()).containsExactly(0, 0);
        assertThat(run(new Logic.BitShift(false), a, b).toLongs()).containsExactly(-1L >>> 2, 1);
        assertThat(run(new Mathematics.Abs(), a).toLongs()).containsExactly(-1, 10);
        assertThat(run(new Mathematics.Sign(), a).toLongs()).containsExactly(1, 1);
    }

    @Test
    void integersWrapAndTruncate() {
        assertThat(run(new Arithmetic.Add(), integers(DataType.INT8, 127), integers(DataType.INT8, 1)).toLongs()).containsExactly(-128);
        assertThat(run(new Arithmetic.Div(), integers(DataType.INT64, -7), integers(DataType.INT64, 2)).toLongs()).containsExactly(-3);
        assertThat(run(new Arithmetic.Mul(), integers(DataType.INT64, (1L << 60) + 1), integers(DataType.INT64, 3)).toLongs())
                .containsExactly(3 * ((1L << 60) + 1));
        assertThatThrownBy(() -> run(new Arithmetic.Div(), integers(DataType.INT32, 1), integers(DataType.INT32, 0)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("Div");
    }

    @Test
    void narrowFloatsRoundOnceToNearestEven() {
        Tensor one = vector(DataType.BFLOAT16, 1);
        assertValues(run(new Arithmetic.Add(), one, vector(DataType.BFLOAT16, 0x1p-8)), 1);
        Tensor sum = run(new Arithmetic.Add(), vector(DataType.BFLOAT16, 0x1p-8 + 0x1p-15), vector(DataType.BFLOAT16, 1));
        assertValues(sum, 1 + 0x1p-7);
        Tensor tie = run(new Arithmetic.Mul(), vector(DataType.FLOAT16, 1 + 0x1p-10), vector(DataType.FLOAT16, 1 + 0x1p-10));
        assertValues(tie, 1 + 0x1p-9);
    }

    @Test
    void remaindersTakeTheSignAskedFor() {
        Tensor a = vector(DataType.FLOAT32, -4.25, 4.25, -4.25);
        Tensor b = vector(DataType.FLOAT32, 2, -2, -2);
        assertValues(run(new Arithmetic.Mod(true), a, b), -0.25, 0.25, -0.25);
        assertValues(run(new Arithmetic.Mod(false), a, b), 1.75, -1.75, -0.25);
        Tensor i = integers(DataType.INT32, -4, 7);
        Tensor j = integers(DataType.INT32, 3, -3);
        assertValues(run(new Arithmetic.Mod(true), i, j), -1, 1);
        assertValues(run(new Arithmetic.Mod(false), i, j), 2, -2);
    }

    @Test
    void powersOfMixedTypesHaveTheBasesType() {
        assertThat(run(new Arithmetic.Pow(), integers(DataType.INT64, 3), integers(DataType.INT32, 39)).toLongs())
                .containsExactly(4052555153018976267L);
        assertValues(run(new Arithmetic.Pow(), integers(DataType.INT32, 2, 9), vector(DataType.FLOAT32, 3, 0.5)), 8, 3);
        assertValues(run(new Arithmetic.Pow(), vector(DataType.FLOAT32, 2, 1), vector(DataType.FLOAT64, -1, Double.NaN)), 0.5, 1);
        assertThat(run(new Arithmetic.Pow(), integers(DataType.INT32, 2, -1), integers(DataType.INT32, -1, -3)).toLongs()).containsExactly(0, -1);
    }

    @Test
    void notANumberIsNeitherSmallerNorEqual() {
        Tensor a = vector(DataType.FLOAT32, Double.NaN, 1);
        Tensor b = vector(DataType.FLOAT32, 1, Double.NaN);
        assertValues(run(new Arithmetic.Max(), a, b), Double.NaN, Double.NaN);
        assertValues(run(new Arithmetic.Min(), a, b), Double.NaN, Double.NaN);
        assertValues(run(new Comparisons.GreaterOrEqual(), a, b), 0, 0);
        assertValues(run(new Comparisons.Equal(), a, a), 0, 1);
        assertValues(run(new Mathematics.IsNaN(), a), 1, 0);
        Tensor infinities = vector(DataType.FLOAT16, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 65504);
        assertValues(run(new Mathematics.IsInf(true, false), infinities), 1, 0, 0);
        assertValues(run(new Mathematics.IsInf(true, true), infinities), 1, 1, 0);
    }

    @Test
    void logicWorksOnTruthAndOnBits() {
        Tensor a = integers(DataType.BOOL, 1, 1, 0, 0);
        Tensor b = integers(DataType.BOOL, 1, 0, 1, 0);
        assertValues(run(new Logic.And(), a, b), 1, 0, 0, 0);
        assertValues(run(new Logic.Or(), a, b), 1, 1, 1, 0);
        assertValues(run(new Logic.Xor(), a, b), 0, 1, 1, 0);
        assertValues(run(new Logic.Not(), a), 0, 0, 1, 1);
        assertValues(run(new Logic.BitwiseNot(), integers(DataType.UINT8, 0x0f)), 0xf0);
        assertValues(run(new Logic.BitwiseXor(), integers(DataType.INT16, 6), integers(DataType.INT16, 3)), 5);
        assertValues(run(new Logic.BitShift(true), integers(DataType.UINT8, 0x81, 1), integers(DataType.UINT8, 1, 64)), 2, 0);
        assertThatThrownBy(() -> run(new Logic.And(), integers(DataType.INT32, 1), integers(DataType.INT32, 1)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("bool");
    }
}
