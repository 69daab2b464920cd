package io.firesteel.pass.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SinkViewsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void rowsMoveBehindTheProduct() {
        String x = net.input("x", "N", 5, 4);
        Graph after = Rewrites.fire(net.show(net.add(new MatMul(), reshape(x, -1, 4), net.random(4, 3), net.random(3))),
                new SinkViewsThroughMatMul());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "Reshape");
    }

    @Test
    void transposedRowsMoveBehindTheProduct() {
        String x = net.input("x", "N", "S", 2, 4);
        String rows = net.add(new Movement.Transpose(List.of(1L, 0L, 2L, 3L)), x);
        Graph after = Rewrites.fire(net.show(net.add(new MatMul(), rows, net.random(4, 3))), new SinkViewsThroughMatMul());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "Transpose");
    }

    @Test
    void columnsStayBeforeTheProduct() {
        String x = net.input("x", "N", 4, 6);
        Rewrites.leave(net.show(net.add(new MatMul(), net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), x), net.random(4, 3)),
                net.add(new MatMul(), reshape(x, 0, 24), net.random(24, 3)), net.add(new MatMul(), reshape(x, 0, 8, 3), net.random(3, 3)),
                net.add(new MatMul(), reshape(x, -1, 6), net.input("w", 6, 3)),
                net.add(new MatMul(), reshape(x, 0, 2, 2, 6), net.random(2, 6, 3)),
                net.add(new MatMul(), reshape(net.input("v", 6), 1, 6), net.random(6, 3))), new SinkViewsThroughMatMul());
    }

    @Test
    void activationsMoveBeforeTheView() {
        String y = net.add(new MatMul(), net.input("x", "N", "S", 4), net.random(4, 6));
        String turned = net.add(new Movement.Transpose(List.of(1L, 0L, 2L)), y);
        Graph after = Rewrites.fire(net.show(net.add(new Activations.Relu(), turned)), new SinkViewsThroughPointwise());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "Relu", "Transpose");
    }

    @Test
    void sumsWithTheLastAxisMoveBeforeTheView() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 6));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Sub(), net.random(6), reshape(y, -1, 1, 6)),
                net.add(new Arithmetic.Sub(), reshape(net.add(new Mathematics.Exp(), y), 0, 1, 3, 2), net.filled(2, 1, 1, 1, 1))),
                new SinkViewsThroughPointwise());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "Exp", "Sub", "Reshape", "Sub", "Reshape");
    }

    @Test
    void otherSumsStayBehindTheView() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 6));
        String shared = reshape(y, 0, 1, 6);
        String moved = net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), net.add(new MatMul(), net.input("z", "N", 2, 4), net.random(4, 6)));
        Rewrites.leave(net.show(net.add(new Arithmetic.Add(), reshape(y, 0, 2, 3), net.random(3)), shared,
                net.add(new Activations.Relu(), shared), net.add(new Arithmetic.Add(), moved, net.random(2)),
                net.add(new Arithmetic.Add(), reshape(y, 0, 3, 2), net.random(3, 1)),
                net.add(new Arithmetic.Add(), reshape(y, 0, 6, 1), net.random(6)),
                net.add(new Activations.Relu(), reshape(net.input("direct", "N", 6), 0, 2, 3))), new SinkViewsThroughPointwise());
    }

    private String reshape(String value, long... target) {
        return net.add(new Reshaping.Reshape(Arrays.stream(target).boxed().toList(), false), value);
    }
}
