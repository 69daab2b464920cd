package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.ShapeQueries;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ResolveShapesTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void fixesTargetsMadeOfShapes() {
        String x = net.input("x", "N", "S", 12);
        String batch = net.add(new Slicing.Slice(List.of(0L), List.of(0L), List.of(2L), List.of(1L)),
                net.add(new ShapeQueries.Shape(0, Optional.of(3L)), x));
        String target = net.add(new Movement.Concat(0), batch, net.vector(3, 4));
        Graph after = Rewrites.fire(net.show(net.add(new Reshaping.DynamicReshape(false), x, target)), new ResolveShapes());
        assertThat(Rewrites.operators(after)).containsExactly("Reshape");
        assertThat(Rewrites.only(after, Reshaping.Reshape.class).target()).containsExactly(0L, 0L, 3L, 4L);
    }

    @Test
    void fixesSqueezesAndUnsqueezes() {
        String x = net.input("x", "N", 1, 4);
        String y = net.add(new Reshaping.DynamicSqueeze(), x, net.vector(1));
        Graph after = Rewrites.fire(net.show(net.add(new Reshaping.DynamicUnsqueeze(), y, net.vector(0))), new ResolveShapes());
        assertThat(Rewrites.operators(after)).containsExactly("Reshape", "Reshape");
    }

    @Test
    void leavesTargetsThatDependOnData() {
        String x = net.input("x", "N", 4);
        String target = net.input(DataType.INT64, "target", 2);
        Rewrites.leave(net.show(net.add(new Reshaping.DynamicReshape(false), x, target)), new ResolveShapes());
    }

    @Test
    void leavesSizesOfZero() {
        String x = net.input("x", "N", 0, 4);
        Rewrites.leave(net.show(net.add(new Reshaping.DynamicReshape(true), x, net.vector(0, 7))), new ResolveShapes());
    }
}
