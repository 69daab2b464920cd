package io.firesteel.reference;

import static io.firesteel.reference.OperatorRunner.assertValues;
import static io.firesteel.reference.OperatorRunner.integers;
import static io.firesteel.reference.OperatorRunner.run;
import static io.firesteel.reference.OperatorRunner.tensor;
import static io.firesteel.reference.OperatorRunner.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.op.Activations;
import io.firesteel.op.Conversions;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Operator;
import io.firesteel.op.Selection;
import io.firesteel.op.Trigonometry;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PointwiseEvaluatorsTest {

    static Stream<Arguments> functions() {
        return Stream.of(
                Arguments.of(new Mathematics.Erf(), 0.8427007929497149),
                Arguments.of(new Mathematics.Exp(), Math.E),
                Arguments.of(new Mathematics.Log(), 0),
                Arguments.of(new Mathematics.Reciprocal(), 1),
                Arguments.of(new Trigonometry.Sin(), 0.8414709848078965),
                Arguments.of(new Trigonometry.Cos(), 0.5403023058681398),
                Arguments.of(new Trigonometry.Tan(), 1.5574077246549023),
                Arguments.of(new Trigonometry.Asin(), Math.PI / 2),
                Arguments.of(new Trigonometry.Acos(), 0),
                Arguments.of(new Trigonometry.Atan(), Math.PI / 4),
                Arguments.of(new Trigonometry.Sinh(), 1.1752011936438014),
                Arguments.of(new Trigonometry.Cosh(), 1.5430806348152437),
                Arguments.of(new Trigonometry.Asinh(), 0.881373587019543),
                Arguments.of(new Trigonometry.Acosh(), 0),
                Arguments.of(new Trigonometry.Atanh(), Double.POSITIVE_INFINITY),
                Arguments.of(new Activations.Elu(2), 1),
                Arguments.of(new Activations.Softplus(), 1.3132616875182228),
                Arguments.of(new Activations.Softsign(), 0.5),
                Arguments.of(new Activations.Mish(), 0.8650983882673103),
                Arguments.of(new Activations.Shrink(0.5f, 0.25f), 0.75),
                Arguments.of(new Activations.ThresholdedRelu(1), 0),
                Arguments.of(new Activations.HardSwish(), 2.0 / 3));
    }

    @ParameterizedTest
    @MethodSource("functions")
    void valuesAtOne(Operator operator, double expected) {
        assertValues(run(operator, vector(DataType.FLOAT64, 1)), expected);
        assertValues(run(operator, vector(DataType.FLOAT32, 1)), expected);
    }

    @Test
    void activationsBelowZero() {
        Tensor x = vector(DataType.FLOAT32, -2, -0.5, 3);
        assertValues(run(new Activations.Elu(2), x), 2 * Math.expm1(-2), 2 * Math.expm1(-0.5), 3);
        assertValues(run(new Activations.Selu(2, 3), x), 6 * Math.expm1(-2), 6 * Math.expm1(-0.5), 9);
        assertValues(run(new Activations.Celu(2), x), 2 * Math.expm1(-1), 2 * Math.expm1(-0.25), 3);
        assertValues(run(new Activations.Shrink(1, 0.5f), x), -1.5, 0, 2.5);
        assertValues(run(new Activations.PRelu(), x, vector(DataType.FLOAT32, 0.5)), -1, -0.25, 3);
        assertValues(run(new Activations.Relu(), integers(DataType.INT64, -5, Long.MAX_VALUE)), 0, Long.MAX_VALUE);
    }

    @Test
    void inverseHyperbolicFunctionsKeepTheirPrecision() {
        assertValues(run(new Trigonometry.Asinh(), vector(DataType.FLOAT64, 1e-9, -1e300)), 1e-9, -691.4686750787736);
        assertValues(run(new Trigonometry.Acosh(), vector(DataType.FLOAT64, 1e300)), 691.4686750787736);
        assertValues(run(new Trigonometry.Atanh(), vector(DataType.FLOAT64, 1e-9, -0.5)), 1e-9, -0.5493061443340549);
    }

    @Test
    void halvesRoundToEven() {
        assertValues(run(new Mathematics.Round(), vector(DataType.FLOAT32, 0.5, 1.5, -2.5, 2.6)), 0, 2, -2, 3);
        assertValues(run(new Mathematics.Ceil(), vector(DataType.FLOAT32, -1.5, 1.2)), -1, 2);
        assertValues(run(new Mathematics.Floor(), vector(DataType.FLOAT32, -1.5, 1.2)), -2, 1);
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void everyTypeConvertsToEveryOther(DataType from) {
        for (DataType to : DataType.values()) {
            Tensor result = run(new Conversions.Cast(to), vector(from, 0, 1, 100));
            double hundred = from == DataType.BOOL || to == DataType.BOOL ? 1 : 100;
            assertValues(result, 0, 1, hundred);
        }
    }

    @Test
    void conversionsRoundOnce() {
        long justAboveTie = (1L << 62) + (1L << 38) + 1;
        assertValues(run(new Conversions.Cast(DataType.FLOAT32), integers(DataType.INT64, justAboveTie, -justAboveTie)),
                0x1p62 + 0x1p39, -0x1p62 - 0x1p39);
        assertThat(run(new Conversions.Cast(DataType.FLOAT32), integers(DataType.INT64, justAboveTie)).getDouble(0))
                .isEqualTo(0x1p62 + 0x1p39);
        assertThat(run(new Conversions.Cast(DataType.FLOAT64), integers(DataType.UINT64, -1)).getDouble(0)).isEqualTo(0x1p64);
        assertThat(run(new Conversions.Cast(DataType.BFLOAT16), vector(DataType.FLOAT64, 1 + 0x1p-8 + 0x1p-40)).getDouble(0))
                .isEqualTo(1 + 0x1p-7);
        assertThat(run(new Conversions.Cast(DataType.INT32), vector(DataType.FLOAT32, -1.9, 1.9)).toLongs()).containsExactly(-1, 1);
        assertThat(run(new Conversions.Cast(DataType.BOOL), vector(DataType.FLOAT32, 0.25, Double.NaN, 0)).toLongs())
                .containsExactly(1, 1, 0);
    }

    @Test
    void bitsKeepTheirWidth() {
        assertThat(run(new Conversions.BitCast(DataType.INT32), vector(DataType.FLOAT32, 1)).toLongs()).containsExactly(0x3f800000);
        assertThatThrownBy(() -> run(new Conversions.BitCast(DataType.INT16), vector(DataType.FLOAT32, 1)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("width");
    }

    @Test
    void whereBroadcastsAllThree() {
        Tensor condition = tensor(DataType.BOOL, new long[] {2, 1}, 1, 0);
        for (DataType type : List.of(DataType.FLOAT32, DataType.INT64, DataType.BFLOAT16)) {
            Tensor y = run(new Selection.Where(), condition, vector(type, 1, 2), tensor(type, new long[0], 9));
            assertThat(y.sizes()).containsExactly(2, 2);
            assertValues(y, 1, 2, 9, 9);
        }
    }

    @Test
    void clipKeepsWithinBounds() {
        Tensor x = vector(DataType.FLOAT32, -5, 0.5, 5, Double.NaN);
        assertValues(run(new Activations.ClipTo(0, 1), x), 0, 0.5, 1, Double.NaN);
        assertValues(run(new Selection.Clip(), x, null, tensor(DataType.FLOAT32, new long[0], 2)), -5, 0.5, 2, Double.NaN);
        Tensor big = integers(DataType.INT64, Long.MAX_VALUE, Long.MIN_VALUE);
        assertThat(run(new Selection.Clip(), big, Tensor.longs(new long[0], 0)).toLongs()).containsExactly(Long.MAX_VALUE, 0);
        assertThat(run(new Activations.ClipTo(-3, Double.POSITIVE_INFINITY), big).toLongs()).containsExactly(Long.MAX_VALUE, -3);
        Tensor unsigned = integers(DataType.UINT64, -1, 7);
        assertThat(run(new Activations.ClipTo(8, Double.POSITIVE_INFINITY), unsigned).toLongs()).containsExactly(-1, 8);
        assertThat(run(new Selection.Clip(), unsigned, null, tensor(DataType.UINT64, new long[0], 9)).toLongs()).containsExactly(9, 7);
    }
}
