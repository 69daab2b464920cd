package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Indexing;
import io.firesteel.op.Logic;
import io.firesteel.op.Operator;
import io.firesteel.op.Selection;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CpuConditionTest {

    private static Tensor integers(DataType type, int bound, long... sizes) {
        Tensor t = Tensor.zeros(type, sizes);
        Random random = new Random(t.elements());
        for (long i = 0; i < t.elements(); i++) {
            t.setLong(i, random.nextInt(bound));
        }
        return t;
    }

    private static Tensor bools(long... sizes) {
        return integers(DataType.BOOL, 2, sizes);
    }

    @Test
    void combinesBoolsOfAnyShapes() {
        for (Operator operator : List.of(new Logic.And(), new Logic.Or(), new Logic.Xor())) {
            LayerCheck.of(operator).variable(bools(3, 1, 5, 7)).variable(bools(4, 1, 7)).check();
            LayerCheck.of(operator).constant(bools(1, 1, 9, 9)).variable(bools(2, 1, 1, 9)).check();
            LayerCheck.of(operator).variable(bools(33)).variable(bools()).check();
        }
        LayerCheck.of(new Logic.Not()).variable(bools(3, 5)).check();
        LayerCheck.of(new Logic.And()).variable(bools()).variable(bools()).check();
    }

    @ParameterizedTest
    @EnumSource(value = DataType.class, names = {"FLOAT32", "INT32", "INT64", "BOOL", "UINT8"})
    void choosesElementsOfAnyShapes(DataType type) {
        LayerCheck.of(new Selection.Where()).variable(bools(2, 1, 5, 6)).variable(integers(type, 2, 3, 5, 1))
                .variable(integers(type, 2, 6)).check();
        LayerCheck.of(new Selection.Where()).variable(bools(2, 1, 7, 7)).constant(integers(type, 2)).constant(integers(type, 1))
                .check();
    }

    @Test
    void convertsIntegersAndBools() {
        for (DataType from : List.of(DataType.INT64, DataType.INT32, DataType.BOOL)) {
            for (DataType to : List.of(DataType.INT64, DataType.INT32, DataType.BOOL, DataType.FLOAT32)) {
                LayerCheck.of(new Conversions.Cast(to)).variable(integers(from, from == DataType.BOOL ? 2 : 3, 5, 7)).check();
            }
        }
        LayerCheck.of(new Conversions.Cast(DataType.BOOL)).variable(Tensor.floats(new long[] {4}, 0f, -0f, 0.5f, Float.NaN)).check();
        LayerCheck.of(new Conversions.Cast(DataType.INT32))
                .variable(Tensor.longs(new long[] {3}, 1L << 33 | 5, -7, Long.MIN_VALUE)).check();
        Tensor bytes = Tensor.zeros(DataType.UINT8, 2, 3, 50);
        for (int k = 0; k < 300; k++) {
            bytes.setLong(k, k % 256);
        }
        LayerCheck.of(new Conversions.Cast(DataType.FLOAT32)).variable(bytes).check();
        assertThat(LayerCheck.of(new Conversions.Cast(DataType.INT32)).variable(3).refusal()).contains("Cast");
    }

    @Test
    void gathersAtConstantCoordinates() {
        LayerCheck.of(new Indexing.GatherND(0)).variable(29, 3).constant(Tensor.longs(new long[] {5, 1}, 4, 5, 6, -1, 0)).check();
        LayerCheck.of(new Indexing.GatherND(0)).variable(bools(4, 9))
                .constant(Tensor.longs(new long[] {1, 3, 2}, 0, 1, -1, 8, 2, -9)).check();
        LayerCheck.of(new Indexing.GatherND(0)).variable(3, 4, 5).constant(Tensor.longs(new long[] {2, 2}, 2, 3, 0, 0)).check();
        assertThat(LayerCheck.of(new Indexing.GatherND(1)).variable(3, 4).constant(Tensor.longs(new long[] {3, 1}, 0, 1, 2)).refusal())
                .contains("batch dimensions");
    }

    @Test
    void coordinatesOutsideOfTheDataAreRefused() {
        Layer layer = LayerCheck.of(new Indexing.GatherND(0)).variable(3, 4).constant(Tensor.longs(new long[] {1, 1}, 3)).layer();
        try (Backend backend = LayerCheck.open()) {
            Tactic tactic = backend.offer(layer).tactics().get(0);
            assertThatThrownBy(() -> tactic.prepare(Operands.of(tactic), null))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("outside of [-3,3)");
        }
    }
}
