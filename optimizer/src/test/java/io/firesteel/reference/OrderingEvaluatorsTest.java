package io.firesteel.reference;

import static io.firesteel.reference.OperatorRunner.assertValues;
import static io.firesteel.reference.OperatorRunner.integers;
import static io.firesteel.reference.OperatorRunner.run;
import static io.firesteel.reference.OperatorRunner.tensor;
import static io.firesteel.reference.OperatorRunner.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.op.CumulativeOperators;
import io.firesteel.op.Filtering;
import io.firesteel.op.Ordering;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OrderingEvaluatorsTest {

    @Test
    void topElementsComeInOrderAndTiesByPlace() {
        Tensor x = vector(DataType.FLOAT32, 3, 1, 3, -0.0, 0.0, 7);
        List<Tensor> largest = run(new Ordering.TopK(0, true, true), 2, x, Tensor.vector(3));
        assertValues(largest.get(0), 7, 3, 3);
        assertThat(largest.get(1).toLongs()).containsExactly(5, 0, 2);
        List<Tensor> smallest = run(new Ordering.TopK(-1, false, true), 2, x, Tensor.vector(2));
        assertThat(smallest.get(1).toLongs()).containsExactly(3, 4);
        assertThatThrownBy(() -> run(new Ordering.TopK(0, true, true), 2, x, Tensor.vector(7)))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("k is 7");
    }

    @Test
    void topElementsAgreeWithSorting() {
        Random random = new Random(1);
        for (int round = 0; round < 50; round++) {
            int size = 1 + random.nextInt(40);
            double[] values = random.ints(size, -8, 8).asDoubleStream().toArray();
            int k = random.nextInt(size + 1);
            long[] expected = IntStream.range(0, size).boxed()
                    .sorted(Comparator.<Integer>comparingDouble(i -> -values[i]).thenComparing(i -> i))
                    .limit(k).mapToLong(i -> i).toArray();
            assertThat(run(new Ordering.TopK(0, true, true), 2, vector(DataType.INT8, values), Tensor.vector(k)).get(1).toLongs())
                    .as("%s k=%d", Arrays.toString(values), k).containsExactly(expected);
        }
    }

    @Test
    void unsignedNumbersOrderWithoutSign() {
        assertThat(run(new Ordering.ArgMax(0, false, false), integers(DataType.UINT64, 3, -1)).getLong(0)).isEqualTo(1);
        assertThat(run(new Ordering.TopK(0, false, true), 2, integers(DataType.UINT64, -1, 3), Tensor.vector(1)).get(0).toLongs())
                .containsExactly(3);
    }

    @Test
    void placesOfExtremes() {
        Tensor x = tensor(DataType.FLOAT32, new long[] {2, 3}, 2, 5, 5, 1, 1, 0);
        assertThat(run(new Ordering.ArgMax(1, true, false), x).toLongs()).containsExactly(1, 0);
        assertThat(run(new Ordering.ArgMax(1, false, true), x).toLongs()).containsExactly(2, 1);
        assertThat(run(new Ordering.ArgMin(0, false, false), x).toLongs()).containsExactly(1, 1, 1);
        assertThat(run(new Ordering.ArgMin(0, false, false), vector(DataType.FLOAT32, 1, Double.NaN)).getLong(0)).isEqualTo(1);
    }

    @Test
    void distinctElementsAndSlices() {
        List<Tensor> sorted = run(new Ordering.Unique(Optional.empty(), true), 4, vector(DataType.FLOAT32, 2, 1, 1, 3, 4, 3));
        assertValues(sorted.get(0), 1, 2, 3, 4);
        assertThat(sorted.get(1).toLongs()).containsExactly(1, 0, 3, 4);
        assertThat(sorted.get(2).toLongs()).containsExactly(1, 0, 0, 2, 3, 2);
        assertThat(sorted.get(3).toLongs()).containsExactly(2, 1, 2, 1);
        List<Tensor> seen = run(new Ordering.Unique(Optional.empty(), false), 4, vector(DataType.INT32, 2, 1, 1, 3, 4, 3));
        assertValues(seen.get(0), 2, 1, 3, 4);
        assertThat(seen.get(2).toLongs()).containsExactly(0, 1, 1, 2, 3, 2);
        Tensor rows = tensor(DataType.INT64, new long[] {3, 2}, 1, 0, 1, 0, 0, 9);
        List<Tensor> slices = run(new Ordering.Unique(Optional.of(0L), true), 4, rows);
        assertValues(slices.get(0), 0, 9, 1, 0);
        assertThat(slices.get(3).toLongs()).containsExactly(1, 2);
    }

    @Test
    void filtersKeepWhatIsAskedFor() {
        Tensor x = tensor(DataType.INT32, new long[] {3, 2}, 1, 0, 3, 4, 0, 6);
        assertThat(run(new Filtering.NonZero(), x).toLongs()).containsExactly(0, 1, 1, 2, 0, 0, 1, 1);
        Tensor condition = integers(DataType.BOOL, 0, 1);
        assertValues(run(new Filtering.Compress(Optional.of(0L)), x, condition), 3, 4);
        assertValues(run(new Filtering.Compress(Optional.of(-1L)), x, condition), 0, 4, 6);
        assertValues(run(new Filtering.Compress(Optional.empty()), x, condition), 0);
        assertValues(run(new Filtering.Trilu(true), x), 1, 0, 0, 4, 0, 0);
        assertValues(run(new Filtering.Trilu(false), x, Tensor.longs(new long[0], -1)), 0, 0, 3, 0, 0, 6);
    }

    @Test
    void runningSumsAndProducts() {
        Tensor x = tensor(DataType.FLOAT32, new long[] {2, 3}, 1, 2, 3, 4, 5, 6);
        Tensor axis = Tensor.longs(new long[0], -1);
        assertValues(run(new CumulativeOperators.CumSum(false, false), x, axis), 1, 3, 6, 4, 9, 15);
        assertValues(run(new CumulativeOperators.CumSum(true, true), x, axis), 5, 3, 0, 11, 6, 0);
        assertValues(run(new CumulativeOperators.CumProd(true, false), x, Tensor.longs(new long[0], 0)), 1, 1, 1, 1, 2, 3);
        assertThat(run(new CumulativeOperators.CumSum(false, false), integers(DataType.INT64, 1L << 60, 1), axis).toLongs())
                .containsExactly(1L << 60, (1L << 60) + 1);
    }
}
