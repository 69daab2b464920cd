package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.Selection;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResolveParametersTest {

    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", 6, 2);

    @Test
    void resolvesSlices() {
        fires(new Slicing.Slice(List.of(1L), List.of(-1L), List.of(-5L), List.of(-2L)),
                net.add(new Slicing.DynamicSlice(), x, net.vector(-1), net.vector(-5), net.vector(1), net.vector(-2)));
    }

    @Test
    void resolvesSlicesOfTheFirstAxes() {
        fires(new Slicing.Slice(List.of(0L, 1L), List.of(0L, 1L), List.of(9L, 4L), List.of(1L, 1L)),
                net.add(new Slicing.DynamicSlice(), x, net.vector(0, 1), net.vector(9, 4)));
    }

    @Test
    void resolvesExpansions() {
        fires(new Movement.Expand(List.of(2L, 1L, 6L, 2L)), net.add(new Movement.DynamicExpand(), x, net.vector(2, 1, 6, 2)));
    }

    @Test
    void resolvesTiles() {
        fires(new Movement.Tile(List.of(1L, 2L, 3L)), net.add(new Movement.DynamicTile(), x, net.vector(1, 2, 3)));
    }

    @Test
    void resolvesSplits() {
        List<String> parts = net.add(new Movement.DynamicSplit(1), 2, x, net.vector(4, 2));
        Graph after = Rewrites.fire(net.show(parts.get(1), parts.get(0)), new ResolveParameters());
        assertThat(Rewrites.only(after, Movement.Split.class)).isEqualTo(new Movement.Split(1, List.of(4L, 2L)));
    }

    @Test
    void resolvesEvenSplits() {
        List<String> parts = net.add(new Movement.EvenSplit(-2, 4), 4, x);
        Graph after = Rewrites.fire(net.show(parts.toArray(String[]::new)), new ResolveParameters());
        assertThat(Rewrites.only(after, Movement.Split.class).sizes()).containsExactly(2L, 2L, 2L, 0L);
    }

    @Test
    void resolvesPadding() {
        fires(new Slicing.Pad(Slicing.PadMode.CONSTANT, List.of(0L, 1L, 0L), List.of(0L, 2L, 0L)),
                net.add(new Slicing.DynamicPad(Slicing.PadMode.CONSTANT), x, net.vector(1, 2), net.filled(5), net.vector(-2)));
    }

    @Test
    void resolvesBounds() {
        fires(new Activations.ClipTo(0, 1.5), net.add(new Selection.Clip(), x, net.filled(0), net.filled(1.5)));
    }

    @Test
    void resolvesAMissingBound() {
        fires(new Activations.ClipTo(Double.NEGATIVE_INFINITY, 1), net.add(new Selection.Clip(), x, "", net.filled(1)));
    }

    @Test
    void leavesParametersThatAreComputed() {
        String vector = net.input(DataType.INT64, "vector", 3);
        String whole = net.input("whole", "S", 2);
        leaves(net.add(new Movement.DynamicTile(), x, vector), net.add(new Movement.DynamicExpand(), x, vector),
                net.add(new Selection.Clip(), x, net.input("least"), net.filled(1)),
                net.add(new Movement.EvenSplit(0, 2), 2, whole).get(0));
    }

    @Test
    void leavesBoundsThatADoubleCannotHold() {
        String i = net.input(DataType.INT64, "i", "N");
        leaves(net.add(new Selection.Clip(), i, net.constant(Tensor.scalar(DataType.INT64, 1L << 60)), ""));
    }

    private void fires(Operator expected, String value) {
        Graph after = Rewrites.fire(net.show(value), new ResolveParameters());
        assertThat(after.nodes()).hasSize(1);
        assertThat(after.nodes().get(0).operator()).isEqualTo(expected);
    }

    private void leaves(String... shown) {
        Rewrites.leave(net.show(shown), new ResolveParameters());
    }
}
