package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.ControlFlow;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Reshaping;
import io.firesteel.op.ShapeQueries;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pipelines;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OptimizeBodiesTest {

    private static final TensorType ROUND = ControlFlow.scalar(DataType.INT64);
    private static final TensorType CONDITION = ControlFlow.scalar(DataType.BOOL);
    private static final TensorType STATE = new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("rows"), Dim.of(4)));
    private static final TensorType WEIGHTS = TensorType.of(DataType.FLOAT32, 4, 4);

    private final TestNetwork net = new TestNetwork();

    private static Graph optimized(Graph graph) {
        Graph after = Pipelines.plan(graph, new Firings());
        Rewrites.assertSame(graph, after);
        return after;
    }

    /** relu(x · transpose(w) + b) */
    private static String layer(GraphBuilder body, String x, String w, String b) {
        String product = body.add(new MatMul(false, false, PointwiseProgram.IDENTITY), x,
                body.add(new Movement.Transpose(List.of(1L, 0L)), w));
        return body.add(new Activations.Relu(), body.add(new Arithmetic.Add(), product, b));
    }

    /** A loop's body: the state goes through a layer whose weights are captured, then a captured value is added. */
    private static Graph layerBody() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("round", ROUND);
        String condition = body.input("condition", CONDITION);
        String state = body.input("state", STATE);
        String w = body.input("w", WEIGHTS);
        String added = body.input("added", STATE);
        String b = body.input("b", TensorType.of(DataType.FLOAT32, 4));
        body.output("condition", condition);
        body.output("state", body.add(new Arithmetic.Add(), layer(body, state, w, b), added));
        return body.build();
    }

    @Test
    void capturedConstantsAreFoldedInLoops() {
        String x = net.input("x", "N", 4);
        String y = net.add(new ControlFlow.Loop(layerBody(), 1), net.constant(Tensor.longs(new long[0], 3)), "", x, net.random(4, 4), x,
                net.random(4));
        Graph after = optimized(net.show(y));

        assertThat(after.nodes().get(0).inputs()).hasSize(4);
        assertThat(after.nodes().get(0).input(3)).isEqualTo("x");
        assertThat(Rewrites.operators(Rewrites.only(after, ControlFlow.Loop.class).body())).containsExactly("MatMul");
    }

    @Test
    void branchesKeepTheirOwnCaptures() {
        String x = net.input("x", "N", 4);
        String z = net.input("z", "N", 4);
        GraphBuilder then = new GraphBuilder("then");
        then.output("y", layer(then, then.input("x", STATE), then.input("w", WEIGHTS), then.input("b", STATE)));
        GraphBuilder otherwise = new GraphBuilder("else");
        String w = otherwise.input("weights", WEIGHTS);
        otherwise.output("y", otherwise.add(new MatMul(false, false, PointwiseProgram.IDENTITY), otherwise.input("z", STATE), w));
        ControlFlow.If conditional = new ControlFlow.If(then.build(), otherwise.build(), List.of(2L, 1L, 3L), List.of(1L, 3L));
        Graph after = optimized(net.show(net.add(conditional, net.input(DataType.BOOL, "c"), net.random(4, 4), x, z)));

        assertThat(after.nodes().get(0).inputs()).containsExactly("c", "x", "z");
        ControlFlow.If left = Rewrites.only(after, ControlFlow.If.class);
        assertThat(left.thenInputs()).containsExactly(1L, 2L);
        assertThat(left.elseInputs()).containsExactly(2L);
        assertThat(Rewrites.operators(left.thenBranch())).doesNotContain("Transpose");
    }

    @Test
    void valuesThatGrowKeepUnknownShapes() {
        GraphBuilder body = new GraphBuilder("body");
        String round = body.input("round", ROUND);
        String condition = body.input("condition", CONDITION);
        String state = body.input("state", new TensorType(DataType.INT64, Shape.of(Dim.symbol("length"))));
        String length = body.add(new ShapeQueries.Shape(0, Optional.empty()), state);
        String number = body.add(new Reshaping.Unsqueeze(List.of(0L)), round);
        body.output("condition", condition);
        body.output("state", body.add(new Movement.Concat(0), state, body.add(new Arithmetic.Add(), number, length)));
        String y = net.add(new ControlFlow.Loop(body.build(), 1), net.constant(Tensor.longs(new long[0], 4)), "", net.vector(9, 8));
        optimized(net.show(y));
    }

    @Test
    void scansKeepStatesAndSlices() {
        GraphBuilder body = new GraphBuilder("body");
        String state = body.input("state", STATE);
        String slice = body.input("slice", STATE);
        String zeros = body.constant(Tensor.zeros(DataType.FLOAT32, 4));
        String next = body.add(new Arithmetic.Add(), slice, layer(body, state, body.input("w", WEIGHTS), zeros));
        body.output("state", next);
        body.output("shown", body.add(new Activations.Tanh(), next));
        List<String> outputs = net.add(new ControlFlow.Scan(body.build(), 1, List.of(0L), List.of(1L), List.of(0L), List.of(0L)), 2,
                net.input("x", "N", 4), net.input("sequence", "S", "N", 4), net.random(4, 4));
        Graph after = optimized(net.show(outputs.get(0), outputs.get(1)));

        assertThat(after.nodes().get(0).inputs()).containsExactly("x", "sequence");
        assertThat(Rewrites.operators(Rewrites.only(after, ControlFlow.Scan.class).body())).doesNotContain("Transpose");
    }

    @Test
    void bodiesOfBodiesAreOptimized() {
        GraphBuilder then = new GraphBuilder("then");
        String zeros = then.constant(Tensor.zeros(DataType.FLOAT32, 4));
        then.output("y", layer(then, then.input("x", STATE), then.input("w", WEIGHTS), zeros));
        GraphBuilder otherwise = new GraphBuilder("else");
        otherwise.output("y", otherwise.add(new Activations.Relu(), otherwise.input("x", STATE)));
        GraphBuilder body = new GraphBuilder("body");
        body.input("round", ROUND);
        String condition = body.input("condition", CONDITION);
        String state = body.input("state", STATE);
        String w = body.input("w", WEIGHTS);
        body.output("condition", condition);
        body.output("state", body.add(new ControlFlow.If(then.build(), otherwise.build(), List.of(1L, 2L), List.of(1L)), condition,
                state, w));
        String y = net.add(new ControlFlow.Loop(body.build(), 1), net.constant(Tensor.longs(new long[0], 2)), "",
                net.input("x", "N", 4), net.random(4, 4));
        Graph loop = Rewrites.only(optimized(net.show(y)), ControlFlow.Loop.class).body();

        assertThat(Rewrites.operators(Rewrites.only(loop, ControlFlow.If.class).thenBranch())).doesNotContain("Transpose");
    }
}
