package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Indexing;
import io.firesteel.op.Movement;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.op.Reductions;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Slicing;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CpuMovementTest {

    private static Tensor numbers(DataType type, long... sizes) {
        Tensor t = Tensor.zeros(type, sizes);
        for (long i = 0; i < t.elements(); i++) {
            t.setLong(i, i % 100);
        }
        return t;
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void transposesEveryElementType(DataType type) {
        if (type == DataType.BOOL) {
            return;
        }
        LayerCheck.of(new Movement.Transpose(List.of(0L, 2L, 1L, 3L))).variable(numbers(type, 2, 3, 5, 4)).check();
        LayerCheck.of(new Movement.Transpose(List.of(1L, 0L))).variable(numbers(type, 7, 3)).check();
        LayerCheck.of(new Movement.Transpose(List.of(0L, 2L, 1L, 3L))).variable(numbers(type, 2, 3, 5, 64)).check();
    }

    @Test
    void concatenatesAndSplits() {
        assertThat(LayerCheck.of(new Movement.Concat(1)).variable(2, 16, 3, 3).variable(2, 32, 3, 3).check()).hasSize(3);
        LayerCheck.of(new Movement.Concat(-1)).variable(2, 3, 5).variable(2, 3, 1).constant(2, 3, 2).check();
        LayerCheck.of(new Movement.Concat(0)).variable(numbers(DataType.INT64, 3)).variable(numbers(DataType.INT64, 2)).check();
        LayerCheck.of(new Movement.Split(2, List.of(2L, 3L, 1L))).variable(2, 3, 6).outputs(3).check();
        LayerCheck.of(new Movement.EvenSplit(-1, 3)).variable(2, 3, 48).outputs(3).check();
    }

    @Test
    void keepsTheChannelsOfBytesInnermost() {
        assertThat(LayerCheck.of(new Movement.Concat(1)).variable(numbers(DataType.INT8, 2, 20, 3, 4)).variable(numbers(DataType.INT8, 2, 64, 3, 4))
                .check()).containsExactly("concat:HWC", "concat:LINEAR");
        assertThat(LayerCheck.of(new Movement.Split(1, List.of(24L, 64L, 3L))).variable(numbers(DataType.UINT8, 2, 91, 3, 4)).outputs(3).check())
                .containsExactly("split:HWC", "split");
    }

    @Test
    void takesEverySecondOfAnOddNumber() {
        Slicing.Slice second = new Slicing.Slice(List.of(1L), List.of(0L), List.of(3L), List.of(2L));
        LayerCheck.of(second).variable(4, 3, 1).check();
        LayerCheck.of(second).variable(2, 3, 5).check();
        LayerCheck.of(new Slicing.Slice(List.of(2L, 3L), List.of(0L, 1L), List.of(7L, 7L), List.of(2L, 2L))).variable(2, 3, 7, 7).check();
        LayerCheck.of(second).variable(numbers(DataType.INT64, 3, 3)).check();
    }

    @Test
    void slicesExpandsAndReshapes() {
        LayerCheck.of(new Slicing.Slice(List.of(1L, -1L), List.of(-3L, 1L), List.of(100L, 6L), List.of(1L, 2L)))
                .variable(2, 5, 7).check();
        LayerCheck.of(new Movement.Expand(List.of(2L, 3L, 4L))).variable(3, 1).check();
        assertThat(LayerCheck.of(new Reshaping.Reshape(List.of(-1L, 4L), false)).variable(2, 3, 4).check()).containsExactly("view");
        assertThat(LayerCheck.of(new Slicing.Slice(List.of(0L), List.of(-1L), List.of(-100L), List.of(-1L))).variable(5).refusal())
                .contains("forward");
    }

    @Test
    void gathersByNegativeIndicesToo() {
        Tensor indices = Tensor.longs(new long[] {2, 2}, 0, -1, 2, 1);
        LayerCheck.of(new Indexing.Gather(0)).constant(4, 6).variable(indices).check();
        LayerCheck.of(new Indexing.Gather(1)).variable(3, 4, 5).variable(indices).check();
        LayerCheck.of(new Indexing.Gather(-1)).variable(3, 4).constant(indices).check();
    }

    @Test
    void reducesPlanesAndRows() {
        assertThat(LayerCheck.of(new Reductions.ReduceMean(List.of(2L, 3L), false, false)).variable(2, 32, 7, 7).check())
                .hasSizeGreaterThan(1);
        LayerCheck.of(new Reductions.ReduceMean(List.of(-1L, -2L), true, false)).variable(2, 20, 7, 7).check();
        LayerCheck.of(new Reductions.ReduceSum(List.of(1L), false, false)).variable(5, 33).check();
    }

    @ParameterizedTest
    @EnumSource(Recurrent.Direction.class)
    void runsLstm(Recurrent.Direction direction) {
        int d = direction.count();
        List<RecurrentActivation> activations = new ArrayList<>();
        for (int i = 0; i < d; i++) {
            activations.addAll(List.of(RecurrentActivation.SIGMOID, RecurrentActivation.TANH, RecurrentActivation.TANH));
        }
        Recurrent.LSTM lstm = new Recurrent.LSTM(
                new Recurrent.Form(direction, activations, Float.POSITIVE_INFINITY, false), false);
        LayerCheck.of(lstm).variable(6, 2, 10).constant(d, 4 * 8, 10).constant(d, 4 * 8, 8).constant(d, 8 * 8).outputs(3).check();
        LayerCheck.of(lstm).variable(6, 2, 10).constant(d, 4 * 8, 10).constant(d, 4 * 8, 8).absent().absent()
                .variable(d, 2, 8).variable(d, 2, 8).outputs(3).check();
        LayerCheck.of(lstm).variable(5, 3, 7).constant(d, 4 * 19, 7).constant(d, 4 * 19, 19).constant(d, 8 * 19).outputs(3).check();
        LayerCheck.of(lstm).variable(1, 1, 33).constant(d, 4 * 17, 33).constant(d, 4 * 17, 17).constant(d, 8 * 17).absent()
                .variable(d, 1, 17).outputs(1).check();
    }
}
