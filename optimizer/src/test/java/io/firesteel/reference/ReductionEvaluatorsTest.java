package io.firesteel.reference;

import static io.firesteel.reference.OperatorRunner.assertValues;
import static io.firesteel.reference.OperatorRunner.integers;
import static io.firesteel.reference.OperatorRunner.run;
import static io.firesteel.reference.OperatorRunner.tensor;
import static io.firesteel.reference.OperatorRunner.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Operator;
import io.firesteel.op.Reductions;
import io.firesteel.op.ShapeQueries;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReductionEvaluatorsTest {

    private static final List<Long> ALL = List.of();

    @ParameterizedTest
    @EnumSource(value = DataType.class, names = "BOOL", mode = EnumSource.Mode.EXCLUDE)
    void everyNumberTypeReduces(DataType type) {
        Tensor x = tensor(type, new long[] {2, 3}, 1, 5, 3, 4, 2, 6);
        assertValues(run(new Reductions.ReduceSum(List.of(1L), false, false), x), 9, 12);
        assertValues(run(new Reductions.ReduceSum(List.of(0L), false, false), x), 5, 7, 9);
        assertValues(run(new Reductions.ReduceMean(List.of(-1L), true, false), x), 3, 4);
        assertValues(run(new Reductions.ReduceMax(ALL, false, false), x), 6);
        assertValues(run(new Reductions.ReduceMin(List.of(1L), true, false), x), 1, 2);
        assertValues(run(new Reductions.ReduceProd(List.of(1L), true, false), x), 15, 48);
        assertValues(run(new Reductions.ReduceL1(List.of(0L), true, false), x), 5, 7, 9);
        assertValues(run(new Reductions.ReduceSumSquare(List.of(1L), true, false), x), 35, 56);
        assertThat(run(new Reductions.ReduceSum(List.of(0L, 1L), true, false), x).sizes()).containsExactly(1, 1);
    }

    @Test
    void axesInTheMiddleAndAtBothEnds() {
        Tensor x = tensor(DataType.FLOAT32, new long[] {2, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8);
        assertValues(run(new Reductions.ReduceSum(List.of(1L), false, false), x), 4, 6, 12, 14);
        assertValues(run(new Reductions.ReduceSum(List.of(0L, 2L), false, false), x), 14, 22);
        assertValues(run(new Reductions.ReduceSum(ALL, false, false), x, Tensor.vector(-3)), 6, 8, 10, 12);
    }

    @Test
    void normsAndLogarithms() {
        Tensor x = vector(DataType.FLOAT64, -3, 4);
        assertValues(run(new Reductions.ReduceL1(ALL, true, false), x), 7);
        assertValues(run(new Reductions.ReduceL2(ALL, true, false), x), 5);
        assertValues(run(new Reductions.ReduceLogSum(ALL, true, false), vector(DataType.FLOAT32, Math.E, 0)), 1);
        assertValues(run(new Reductions.ReduceLogSumExp(ALL, true, false), vector(DataType.FLOAT32, 1000, 1000)), 1000 + Math.log(2));
        assertValues(run(new Reductions.ReduceLogSumExp(ALL, true, false), vector(DataType.FLOAT64, -1e308, Double.NEGATIVE_INFINITY)), -1e308);
    }

    @Test
    void withoutAxesNothingIsReducedWhereAskedFor() {
        Tensor x = vector(DataType.FLOAT32, -2, 3);
        assertValues(run(new Reductions.ReduceSumSquare(ALL, true, true), x), 4, 9);
        assertValues(run(new Reductions.ReduceSum(ALL, true, true), x, Tensor.vector()), -2, 3);
        assertValues(run(new Reductions.ReduceL1(ALL, true, true), x), 2, 3);
    }

    @Test
    void nothingReducesToTheNeutralElement() {
        Tensor x = tensor(DataType.FLOAT32, new long[] {2, 0});
        assertValues(run(new Reductions.ReduceSum(List.of(1L), false, false), x), 0, 0);
        assertValues(run(new Reductions.ReduceProd(List.of(1L), false, false), x), 1, 1);
        assertValues(run(new Reductions.ReduceMax(List.of(1L), false, false), x), Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY);
        assertValues(run(new Reductions.ReduceLogSumExp(List.of(1L), false, false), x), Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY);
        assertValues(run(new Reductions.ReduceMin(List.of(0L), false, false), tensor(DataType.INT8, new long[] {0, 1})), 127);
        assertValues(run(new Reductions.ReduceMax(List.of(0L), false, false), tensor(DataType.INT8, new long[] {0, 1})), -128);
    }

    @Test
    void integersReduceExactly() {
        assertThat(run(new Reductions.ReduceSum(ALL, false, false), integers(DataType.INT64, 1L << 60, 1, 2)).getLong(0))
                .isEqualTo((1L << 60) + 3);
        assertThat(run(new Reductions.ReduceMax(ALL, false, false), integers(DataType.UINT64, 5, -1)).getLong(0)).isEqualTo(-1);
        assertThat(run(new Reductions.ReduceMean(ALL, false, false), integers(DataType.UINT64, -2, 0)).getLong(0)).isEqualTo(Long.MAX_VALUE);
        assertThat(run(new Reductions.ReduceMin(ALL, false, false), integers(DataType.BOOL, 1, 0)).getLong(0)).isZero();
        assertThat(run(new Reductions.ReduceSum(ALL, false, false), integers(DataType.INT8, 100, 100)).getLong(0)).isEqualTo(-56);
    }

    @Test
    void anAxisOutOfRangeIsRefused() {
        Operator operator = new Reductions.ReduceSum(List.of(2L), true, false);
        assertThatThrownBy(() -> run(operator, vector(DataType.FLOAT32, 1))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("axis 2");
    }

    @Test
    void theProductOfAShapeStaysSymbolic() {
        GraphBuilder g = new GraphBuilder("test");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(4))));
        String shape = g.add(new ShapeQueries.Shape(0, Optional.of(-1L)), x);
        String count = g.add(new Reductions.ReduceProd(List.of(0L), false, false), shape);
        String size = g.add(new ShapeQueries.Size(), x);
        g.output("count", count);
        g.output("size", size);
        assertThat(g.build().shapeValue(count)).contains(List.of(new Dim(3, "N", 0)));
        assertThat(g.build().shapeValue(size)).contains(List.of(new Dim(12, "N", 0)));
    }
}
