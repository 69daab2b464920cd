package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolingEvaluatorsTest {

    private static final Tensor LINE = Tensor.floats(new long[] {1, 1, 5}, 1, 5, 2, 4, 3);
    private static final Tensor SQUARE = Tensor.floats(new long[] {1, 1, 2, 3}, 9, 1, 2, 3, 4, 8);

    private static PoolingWindow window(long kernel, long stride, long dilation, long before, long after, boolean ceil) {
        return new PoolingWindow(List.of(kernel), List.of(stride), List.of(dilation), List.of(before), List.of(after), ceil);
    }

    @Test
    void maxPoolGivesTheFirstLargestElementAndItsPlace() {
        List<Tensor> results = OneNode.run(new Pooling.MaxPool(window(2, 2, 2, 1, 0, true), false), 2, LINE);
        assertThat(results.get(0).toFloats()).containsExactly(5, 5, 4);
        assertThat(results.get(1).toLongs()).containsExactly(1, 1, 3);
    }

    @Test
    void columnMajorPlacesNumberTheFirstAxisFastest() {
        PoolingWindow window = new PoolingWindow(List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L), List.of(0L, 0L),
                List.of(0L, 0L), false);
        List<Tensor> results = OneNode.run(new Pooling.MaxPool(window, true), 2, SQUARE);
        assertThat(results.get(0).toFloats()).containsExactly(9, 8);
        assertThat(results.get(1).toLongs()).containsExactly(0, 5);
    }

    @Test
    void ceilModeDropsAWindowThatStartsInTrailingPadding() {
        assertThat(window(1, 2, 1, 0, 1, true).positions(0, 2)).isEqualTo(1);
        assertThat(window(2, 2, 1, 0, 0, true).positions(0, 5)).isEqualTo(3);
        assertThat(window(2, 2, 1, 0, 0, false).positions(0, 5)).isEqualTo(2);
    }

    @Test
    void averagesCountDataOrPaddingToo() {
        assertThat(OneNode.run(new Pooling.AveragePool(window(2, 2, 1, 1, 0, false), false), LINE).toFloats())
                .containsExactly(1, 3.5f, 3.5f);
        assertThat(OneNode.run(new Pooling.AveragePool(window(2, 2, 1, 1, 0, false), true), LINE).toFloats())
                .containsExactly(0.5f, 3.5f, 3.5f);
        assertThat(OneNode.run(new Pooling.AveragePool(window(2, 2, 1, 0, 0, true), true), LINE).toFloats())
                .containsExactly(3, 3, 3);
    }

    @Test
    void normsAndGlobalPools() {
        Tensor x = Tensor.floats(new long[] {1, 1, 2}, 3, -4);
        assertThat(OneNode.run(new Pooling.LpPool(window(2, 1, 1, 0, 0, false), 2), x).toFloats()).containsExactly(5);
        assertThat(OneNode.run(new Pooling.GlobalLpPool(1), x).toFloats()).containsExactly(7);
        assertThat(OneNode.run(new Pooling.GlobalAveragePool(), SQUARE).toFloats()).containsExactly(4.5f);
        assertThat(OneNode.run(new Pooling.GlobalMaxPool(), SQUARE).sizes()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void unpoolingPutsElementsBack() {
        Tensor pooled = Tensor.floats(new long[] {1, 1, 2}, 5, 4);
        Tensor places = Tensor.longs(new long[] {1, 1, 2}, 1, 3);
        assertThat(OneNode.run(new Pooling.MaxUnpool(window(2, 2, 1, 0, 0, false)), pooled, places).toFloats())
                .containsExactly(0, 5, 0, 4);
    }
}
