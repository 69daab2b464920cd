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
import io.firesteel.op.Generators;
import io.firesteel.op.RandomNumbers;
import io.firesteel.op.ShapeQueries;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GeneratorEvaluatorsTest {

    @Test
    void shapesAndSizes() {
        Tensor x = Tensor.zeros(DataType.INT8, 2, 3, 4);
        assertThat(run(new ShapeQueries.Shape(0, Optional.empty()), x).toLongs()).containsExactly(2, 3, 4);
        assertThat(run(new ShapeQueries.Shape(-2, Optional.of(9L)), x).toLongs()).containsExactly(3, 4);
        assertThat(run(new ShapeQueries.Shape(2, Optional.of(1L)), x).toLongs()).isEmpty();
        assertThat(run(new ShapeQueries.Size(), x).toLongs()).containsExactly(24);
    }

    @Test
    void oneValueFillsAShape() {
        assertValues(run(new Generators.ConstantOfShape(DataType.FLOAT16, 0.5, 0), Tensor.vector(2, 1)), 0.5, 0.5);
        assertThat(run(new Generators.ConstantOfShape(DataType.UINT64, 0, -1), Tensor.vector(1)).toLongs()).containsExactly(-1);
        assertThat(run(new Generators.ConstantOfShape(DataType.INT32, 0, 7), Tensor.vector()).rank()).isZero();
    }

    @Test
    void diagonals() {
        Tensor x = Tensor.zeros(DataType.FLOAT32, 2, 3);
        assertValues(run(new Generators.EyeLike(DataType.INT32, 1), x), 0, 1, 0, 0, 0, 1);
        assertValues(run(new Generators.EyeLike(DataType.FLOAT64, -1), x), 0, 0, 0, 1, 0, 0);
    }

    @Test
    void ranges() {
        assertThat(range(DataType.INT32, 10, 4, -2).toLongs()).containsExactly(10, 8, 6);
        assertThat(range(DataType.INT64, 0, 5, 2).toLongs()).containsExactly(0, 2, 4);
        assertThat(range(DataType.INT64, 5, 0, 2).toLongs()).isEmpty();
        assertValues(range(DataType.FLOAT32, 1, 2, 0.25), 1, 1.25, 1.5, 1.75);
        assertThatThrownBy(() -> range(DataType.INT64, 0, 5, 0)).isInstanceOf(FiresteelException.class);
        assertThatThrownBy(() -> range(DataType.FLOAT32, 0, 5, 0)).isInstanceOf(FiresteelException.class);
    }

    private static Tensor range(DataType type, double start, double limit, double delta) {
        return run(new Generators.Range(), Tensor.scalar(type, start), Tensor.scalar(type, limit), Tensor.scalar(type, delta));
    }

    @Test
    void theLengthOfARangeOverADimensionIsTheDimension() {
        GraphBuilder g = new GraphBuilder("test");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"))));
        String size = g.add(new ShapeQueries.Size(), x);
        String range = g.add(new Generators.Range(), g.constant(Tensor.longs(new long[0], 0)), size, g.constant(Tensor.longs(new long[0], 1)));
        assertThat(g.tensor(range).shape()).isEqualTo(Shape.of(Dim.symbol("N")));
        String zeros = g.add(new Generators.ConstantOfShape(DataType.FLOAT32, 0, 0), g.add(new ShapeQueries.Shape(0, Optional.empty()), x));
        assertThat(g.tensor(zeros).shape()).isEqualTo(Shape.of(Dim.symbol("N")));
    }

    @Test
    void indicesMarkANewAxis() {
        Tensor depth = integers(DataType.INT64, 3).reshaped();
        Tensor y = run(new Generators.OneHot(-1), integers(DataType.INT32, 0, -1, 5), depth, vector(DataType.FLOAT32, 2, 9));
        assertThat(y.sizes()).containsExactly(3, 3);
        assertValues(y, 9, 2, 2, 2, 2, 9, 2, 2, 2);
        assertValues(run(new Generators.OneHot(0), vector(DataType.FLOAT32, 1, 0), depth, integers(DataType.INT8, 0, 1)), 0, 1, 1, 0, 0, 0);
    }

    @Test
    void seededNumbersRepeatAndHaveTheirDistribution() {
        RandomNumbers.RandomNormal normal = new RandomNumbers.RandomNormal(DataType.FLOAT32, 3, 2, Optional.of(1f), List.of(100L, 100L));
        double[] drawn = run(normal).toDoubles();
        assertThat(run(normal).toDoubles()).containsExactly(drawn);
        double mean = Arrays.stream(drawn).average().orElseThrow();
        assertThat(mean).isBetween(2.9, 3.1);
        assertThat(Math.sqrt(Arrays.stream(drawn).map(d -> (d - mean) * (d - mean)).average().orElseThrow())).isBetween(1.95, 2.05);
        Tensor uniform = run(new RandomNumbers.RandomUniformLike(DataType.FLOAT64, -1, 1, Optional.empty()), Tensor.zeros(DataType.INT8, 1000));
        assertThat(Arrays.stream(uniform.toDoubles()).summaryStatistics().getMin()).isBetween(-1.0, -0.9);
        Tensor coins = run(new RandomNumbers.Bernoulli(DataType.BOOL, Optional.of(5f)), Tensor.floats(new long[] {3}, 0, 1, 0));
        assertValues(coins, 0, 1, 0);
        Tensor classes = run(new RandomNumbers.Multinomial(DataType.INT32, 4, Optional.of(2f)),
                tensor(DataType.FLOAT32, new long[] {1, 3}, -100, 0, -100));
        assertValues(classes, 1, 1, 1, 1);
        assertThat(normal.isDeterministic()).isFalse();
    }

    @Test
    void dropoutZeroesOnlyWhileTraining() {
        Tensor x = run(new Generators.ConstantOfShape(DataType.FLOAT32, 1, 0), Tensor.vector(1000));
        Tensor half = Tensor.scalar(DataType.FLOAT32, 0.5);
        RandomNumbers.Dropout dropout = new RandomNumbers.Dropout(Optional.of(3L));
        List<Tensor> trained = run(dropout, 2, x, half, Tensor.scalar(DataType.BOOL, 1));
        double kept = Arrays.stream(trained.get(1).toDoubles()).sum();
        assertThat(kept).isBetween(400.0, 600.0);
        assertThat(Arrays.stream(trained.get(0).toDoubles()).sum()).isEqualTo(2 * kept);
        assertThat(run(dropout, 2, x, half, Tensor.scalar(DataType.BOOL, 0)).get(0).toDoubles()).containsExactly(x.toDoubles());
        assertThat(run(dropout, 2, x, Tensor.scalar(DataType.FLOAT32, 0), Tensor.scalar(DataType.BOOL, 1)).get(1).toDoubles())
                .containsOnly(1);
    }
}
