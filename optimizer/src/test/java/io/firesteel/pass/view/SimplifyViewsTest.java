package io.firesteel.pass.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimplifyViewsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void removesTransposesThatCancel() {
        String x = net.input("x", "N", "S", 4);
        String y = net.add(new Movement.Transpose(List.of(1L, 2L, 0L)), net.add(new Movement.Transpose(List.of(2L, 0L, 1L)), x));
        assertThat(Rewrites.fire(net.show(y), new SimplifyViews()).nodes()).isEmpty();
    }

    @Test
    void composesTransposes() {
        String x = net.input("x", "N", "S", 4);
        String y = net.add(new Movement.Transpose(List.of(1L, 0L, 2L)), net.add(new Movement.Transpose(List.of(2L, 0L, 1L)), x));
        Graph after = Rewrites.fire(net.show(y), new SimplifyViews());
        assertThat(Rewrites.only(after, Movement.Transpose.class).perm()).containsExactly(0L, 2L, 1L);
    }

    @Test
    void joinsReshapes() {
        String x = net.input("x", "N", 2, 6);
        String y = reshape(reshape(reshape(x, 0, 12), 0, 3, 4), 0, 4, 3);
        Graph after = Rewrites.fire(net.show(y), new SimplifyViews());
        assertThat(Rewrites.operators(after)).containsExactly("Reshape");
    }

    @Test
    void seesThatMovingAnAxisOfOneIsAReshape() {
        String x = net.input("x", "N", 1, 6);
        Graph after = Rewrites.fire(net.show(net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), x)), new SimplifyViews());
        assertThat(Rewrites.operators(after)).containsExactly("Reshape");
    }

    @Test
    void joinsHeadsAndPartsThemAgain() {
        String x = net.input("x", "N", "S", 12);
        String heads = net.add(new Movement.Transpose(List.of(0L, 2L, 1L, 3L)), reshape(x, 0, 0, 3, 4));
        String back = reshape(net.add(new Movement.Transpose(List.of(0L, 2L, 1L, 3L)), heads), 0, 0, 12);
        assertThat(Rewrites.fire(net.show(back), new SimplifyViews()).nodes()).isEmpty();
    }

    @Test
    void keepsValuesThatOthersRead() {
        String x = net.input("x", "N", 2, 6);
        String y = net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), x);
        Graph after = Rewrites.fire(net.show(y, net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), y)), new SimplifyViews());
        assertThat(Rewrites.operators(after)).containsExactly("Transpose");
    }

    @Test
    void leavesASingleReshapeOrTranspose() {
        String x = net.input("x", "N", 2, 6);
        Rewrites.leave(net.show(reshape(x, 0, 12), net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), x)), new SimplifyViews());
    }

    @Test
    void leavesEmptyAxesAndUnknownTargets() {
        String x = net.input("x", "N", 0, 6);
        String target = net.input(DataType.INT64, "target", 2);
        String y = net.add(new Reshaping.DynamicReshape(false), net.input("y", "N", 4), target);
        Rewrites.leave(net.show(net.add(new Reshaping.Reshape(List.of(0L, 3L), true), reshape(x, 0, 0, 2, 3)),
                net.add(new Movement.Transpose(List.of(1L, 0L)), y)), new SimplifyViews());
    }

    private String reshape(String value, long... target) {
        return net.add(new Reshaping.Reshape(Arrays.stream(target).boxed().toList(), false), value);
    }
}
