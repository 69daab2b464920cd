package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Movement;
import io.firesteel.op.Operator;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EliminateNoOperationsTest {

    private static final long ALL = Long.MAX_VALUE;
    private final TestNetwork net = new TestNetwork();

    static Stream<Operator> nothing() {
        return Stream.of(new Conversions.Cast(DataType.FLOAT32), new Movement.Transpose(List.of(0L, 1L, 2L, 3L)),
                new Reshaping.Reshape(List.of(0L, 2L, 4L, 4L), false), new Reshaping.Reshape(List.of(-1L, 2L, 4L, 4L), false),
                new Movement.Expand(List.of(1L, 1L, 4L, 4L)), new Movement.Concat(1),
                new Slicing.Pad(Slicing.PadMode.CONSTANT, List.of(0L, 0L, 0L, 0L), List.of(0L, 0L, 0L, 0L)),
                new Slicing.Slice(List.of(0L, 2L), List.of(0L, 0L), List.of(ALL, ALL), List.of(1L, 1L)),
                new Pooling.MaxPool(TestLayers.window(1, 1, 0), false), new Pooling.AveragePool(TestLayers.window(1, 1, 0), true));
    }

    @ParameterizedTest
    @MethodSource("nothing")
    void takesOut(Operator operator) {
        String x = net.input("x", "N", 2, 4, 4);
        Graph after = Rewrites.fire(net.show(net.add(new Activations.Relu(), net.add(operator, x))), new EliminateNoOperations());
        assertThat(Rewrites.operators(after)).containsExactly("Relu");
    }

    static Stream<Operator> something() {
        return Stream.of(new Conversions.Cast(DataType.FLOAT64), new Movement.Transpose(List.of(0L, 1L, 3L, 2L)),
                new Reshaping.Reshape(List.of(0L, 4L, 2L, 4L), false), new Movement.Expand(List.of(2L, 1L, 1L, 4L, 4L)),
                new Slicing.Pad(Slicing.PadMode.CONSTANT, List.of(0L, 0L, 1L, 0L), List.of(0L, 0L, -1L, 0L)),
                new Slicing.Slice(List.of(2L), List.of(-1L), List.of(Long.MIN_VALUE), List.of(-1L)),
                new Slicing.Slice(List.of(2L), List.of(1L), List.of(ALL), List.of(1L)),
                new Pooling.MaxPool(TestLayers.window(3, 1, 1), false),
                new Pooling.AveragePool(new PoolingWindow(List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 0L),
                        List.of(0L, 0L), false), true));
    }

    @ParameterizedTest
    @MethodSource("something")
    void leaves(Operator operator) {
        String x = net.input("x", "N", 2, 4, 4);
        Rewrites.leave(net.show(net.add(operator, x)), new EliminateNoOperations());
    }

    @Test
    void leavesPaddedPoolingThatKeepsTheShape() {
        String x = net.input("x", "N", 2, 2, 2);
        PoolingWindow window = TestLayers.window(1, 3, 1);
        String y = net.add(new Pooling.AveragePool(window, true), x);
        Graph graph = net.show(y);
        assertThat(graph.type(y)).isEqualTo(graph.type(x));
        Rewrites.leave(graph, new EliminateNoOperations());
    }

    @Test
    void takesOutNeutralElements() {
        String x = net.input("x", "N", 3);
        String sum = net.add(new Arithmetic.Add(), net.filled(0, 1), x);
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Mul(), sum, net.filled(1))), new EliminateNoOperations());
        assertThat(after.nodes()).isEmpty();
        assertThat(after.outputs().get(0).value()).isEqualTo("x");
    }

    @Test
    void leavesNeutralElementsThatBroadcast() {
        String x = net.input("x", 3);
        Rewrites.leave(net.show(net.add(new Arithmetic.Add(), x, net.filled(0, 1, 1)),
                net.add(new Arithmetic.Mul(), x, net.filled(1, 2, 1)), net.add(new Arithmetic.Mul(), x, net.filled(0, 1)),
                net.add(new Arithmetic.Add(), x, net.filled(1, 1)), net.add(new Arithmetic.Add(), x, x)), new EliminateNoOperations());
    }

    @Test
    void keepsResultsThatShareAValue() {
        String x = net.input("x", "N", 3);
        String y = net.add(new Conversions.Cast(DataType.FLOAT32), x);
        Graph after = Rewrites.fire(net.show(y, x, net.add(new Conversions.Cast(DataType.FLOAT32), y)), new EliminateNoOperations());
        assertThat(after.outputs()).extracting(Graph.Output::value).containsOnly("x");
    }

    @Test
    void leavesIntegersAlone() {
        String x = net.input(DataType.INT64, "x", "N", 2);
        Rewrites.leave(net.show(net.add(new Arithmetic.Add(), x, net.constant(Tensor.vector(0)))), new EliminateNoOperations());
    }
}
