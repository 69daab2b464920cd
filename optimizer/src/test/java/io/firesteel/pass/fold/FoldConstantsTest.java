package io.firesteel.pass.fold;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.ControlFlow;
import io.firesteel.op.Einsum;
import io.firesteel.op.Filtering;
import io.firesteel.op.Generators;
import io.firesteel.op.MatMul;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Movement;
import io.firesteel.op.RandomNumbers;
import io.firesteel.op.Reshaping;
import io.firesteel.op.ShapeQueries;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FoldConstantsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void foldsChainsInOneApplication() {
        String x = net.input("x", "N", 3);
        String value = net.random(3);
        for (int i = 0; i < 600; i++) {
            value = net.add(new Mathematics.Neg(), value);
        }
        Graph after = Rewrites.run(net.show(net.add(new Arithmetic.Add(), x, value)), new FoldConstants());
        assertThat(Rewrites.operators(after)).containsExactly("Add");
        assertThat(after.constants()).hasSize(1);
    }

    @Test
    void foldsResults() {
        String y = net.add(new Mathematics.Exp(), net.random(2, 2));
        Graph after = Rewrites.run(net.show(y, net.add(new Mathematics.Neg(), y)), new FoldConstants());
        assertThat(after.nodes()).isEmpty();
    }

    @Test
    void foldsOneOfSeveralOutputs() {
        String x = net.input("x", "N", 1);
        List<String> parts = net.add(new Movement.Split(0, List.of(1L, 2L)), 2, net.random(3));
        Graph after = Rewrites.run(net.show(net.add(new Arithmetic.Mul(), x, parts.get(1))), new FoldConstants());
        assertThat(Rewrites.operators(after)).containsExactly("Mul");
    }

    @Test
    void foldsShapesWhoseElementsAreKnown() {
        String x = net.input("x", "N", 4, 6);
        String shape = net.add(new ShapeQueries.Shape(1, Optional.of(3L)), x);
        String product = net.add(new Arithmetic.Mul(), shape, net.vector(2, 3));
        Graph after = Rewrites.run(net.show(product, x), new FoldConstants());
        assertThat(after.nodes()).isEmpty();
        assertThat(after.constant(after.outputs().get(0).value()).orElseThrow().toLongs()).containsExactly(8, 18);
    }

    @Test
    void leavesWhatDependsOnTheInput() {
        String x = net.input("x", "N", 3);
        leave(net.show(net.add(new Activations.Relu(), x), net.add(new ShapeQueries.Shape(0, Optional.of(2L)), x)));
    }

    @Test
    void leavesRandomNumbers() {
        leave(net.show(net.add(new RandomNumbers.RandomNormal(DataType.FLOAT32, 0, 1, Optional.empty(), List.of(3L)))));
    }

    @Test
    void leavesResultsMuchLargerThanTheirInputs() {
        leave(net.show(net.add(new Movement.Expand(List.of(1L << 40)), net.filled(1, 1))));
    }

    @Test
    void leavesSizesThatNothingBounds() {
        leave(net.show(net.add(new Generators.Range(), net.filled(0), net.filled(1e12), net.filled(1e-3))));
    }

    @Test
    void foldsSizesThatTheInputBounds() {
        String x = net.input("x", "N", 3);
        String places = net.add(new Filtering.NonZero(), net.constant(Tensor.floats(new long[] {3}, 0, 2, 0)));
        Graph after = Rewrites.run(net.show(places, x), new FoldConstants());
        assertThat(after.nodes()).isEmpty();
    }

    @Test
    void foldsShortSumsOfProducts() {
        String x = net.input("x", "N", 3);
        Graph after = Rewrites.run(net.show(net.add(new MatMul(), net.random(20, 30), net.random(30, 40)), x), new FoldConstants());
        assertThat(after.nodes()).isEmpty();
    }

    @Test
    void leavesLongSumsOfProducts() {
        String vector = net.filled(1, 4096);
        leave(net.show(net.add(new Einsum("i,j,k->"), vector, vector, vector)));
        TestNetwork other = new TestNetwork();
        leave(other.show(other.add(new MatMul(), other.filled(1, 1024, 1024), other.filled(1, 1024, 1024))));
    }

    @Test
    void leavesLoops() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("i", new TensorType(DataType.INT64, Shape.SCALAR));
        String go = body.input("go", new TensorType(DataType.BOOL, Shape.SCALAR));
        String a = body.input("a", new TensorType(DataType.FLOAT32, Shape.of(2)));
        body.output("go", go);
        body.output("a", body.add(new Activations.Relu(), a));
        String count = net.constant(Tensor.scalar(DataType.INT64, 1L << 60));
        String on = net.constant(Tensor.scalar(DataType.BOOL, 1));
        leave(net.show(net.add(new ControlFlow.Loop(body.build(), 1), count, on, net.random(2))));
    }

    @Test
    void leavesWhatFails() {
        leave(net.show(net.add(new Arithmetic.Div(), net.vector(1), net.add(new Reshaping.Reshape(List.of(1L), false),
                net.constant(Tensor.longs(new long[] {1, 1}, 0))))), "Reshape");
    }

    private static void leave(Graph graph, String... foldable) {
        Firings firings = new Firings();
        Graph after = new FoldConstants().run(graph, firings);
        List<String> left = new ArrayList<>(Rewrites.operators(graph));
        left.removeAll(List.of(foldable));
        assertThat(Rewrites.operators(after)).isEqualTo(left);
    }
}
