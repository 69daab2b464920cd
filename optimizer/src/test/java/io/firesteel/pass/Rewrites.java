package io.firesteel.pass;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Applies rules and passes to networks and compares what the networks compute before and after. */
public final class Rewrites {

    private static final double TOLERANCE = 1e-5;

    private Rewrites() { }

    /** Applies rules, of which the first must fire; the network must compute the same as before. */
    public static Graph fire(Graph graph, Rule... rules) {
        Firings firings = new Firings();
        Graph after = new RewritePass(rules).run(graph, firings);
        assertThat(firings.counts()).containsKey(rules[0].name());
        assertSame(graph, after);
        return after;
    }

    /** Applies a rule that must not fire. */
    public static void leave(Graph graph, Rule rule) {
        Firings firings = new Firings();
        Graph after = new RewritePass(rule).run(graph, firings);
        assertThat(firings.counts()).isEmpty();
        assertThat(after).isSameAs(graph);
    }

    /** Applies a pass; the network must compute the same as before. */
    public static Graph run(Graph graph, Pass pass) {
        Graph after = pass.run(graph, new Firings());
        assertSame(graph, after);
        return after;
    }

    /** The operators of a network in order. */
    public static List<String> operators(Graph graph) {
        return graph.nodes().stream().map(n -> n.operator().name()).toList();
    }

    /** The only node with an operator of the given kind. */
    public static <O> O only(Graph graph, Class<O> operator) {
        List<Node> nodes = graph.nodes().stream().filter(n -> operator.isInstance(n.operator())).toList();
        assertThat(nodes).as("%s in %s", operator.getSimpleName(), operators(graph)).hasSize(1);
        return operator.cast(nodes.get(0).operator());
    }

    /** Compares the results of two networks with the symbols {@code N} and {@code S} bound to 1 and 2, and to 3 and 5. */
    public static void assertSame(Graph before, Graph after) {
        assertThat(after.outputs().stream().map(Graph.Output::name).toList())
                .isEqualTo(before.outputs().stream().map(Graph.Output::name).toList());
        for (Map<String, Long> sizes : List.of(Map.of("N", 1L, "S", 2L), Map.of("N", 3L, "S", 5L))) {
            Graph bound = before.bind(sizes);
            List<HostValue> inputs = inputs(bound, new Random(sizes.get("N")));
            List<HostValue> expected = ReferenceEvaluator.run(bound, inputs);
            List<HostValue> actual = ReferenceEvaluator.run(after.bind(sizes), inputs);
            for (int i = 0; i < expected.size(); i++) {
                assertClose((Tensor) expected.get(i), (Tensor) actual.get(i), after);
            }
        }
    }

    private static List<HostValue> inputs(Graph graph, Random random) {
        List<HostValue> inputs = new ArrayList<>();
        for (String input : graph.inputs()) {
            TensorType type = graph.tensor(input);
            Tensor tensor = Tensor.zeros(type.dataType(), type.shape().sizes());
            for (long i = 0; i < tensor.elements(); i++) {
                if (type.dataType().isFloatingPoint()) {
                    tensor.setDouble(i, random.nextDouble() * 4 - 2);
                } else {
                    tensor.setLong(i, random.nextInt(type.dataType() == DataType.BOOL ? 2 : 4));
                }
            }
            inputs.add(tensor);
        }
        return inputs;
    }

    private static void assertClose(Tensor expected, Tensor actual, Graph after) {
        assertThat(actual.type()).isEqualTo(expected.type());
        for (long i = 0; i < expected.elements(); i++) {
            double wanted = expected.getDouble(i);
            double found = actual.getDouble(i);
            boolean close = wanted == found || Double.isNaN(wanted) && Double.isNaN(found)
                    || Math.abs(wanted - found) <= TOLERANCE * Math.max(1, Math.abs(wanted));
            assertThat(close).as("element %d is %s, not %s, in%n%s", i, found, wanted, after).isTrue();
        }
    }
}
