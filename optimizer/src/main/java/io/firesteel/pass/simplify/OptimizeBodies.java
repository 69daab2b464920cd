package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.ControlFlow;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pass;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Moves the constants that bodies of loops and conditionals capture into them, and optimizes the bodies.
 *
 * <pre>
 * loop(..., w) { a = f(a, transpose(w)) }   ->   loop(...) { a = f(a, w') }
 * </pre>
 *
 * The inputs of a body have types that hold in every round, so whatever holds for all values of these types holds in the body.
 */
public final class OptimizeBodies implements Pass {

    private static final String NAME = OptimizeBodies.class.getSimpleName();

    private final Pass pipeline;

    /** @param pipeline what is run on each body */
    public OptimizeBodies(Pass pipeline) {
        this.pipeline = pipeline;
    }

    @Override
    public Graph run(Graph graph, Firings firings) {
        Graph current = graph;
        for (Node node : graph.nodes()) {
            if (node.operator() instanceof ControlFlow.WithBodies operator) {
                GraphRewriter rewriter = new GraphRewriter(current);
                rewriter.accept(optimized(node, operator, current, firings));
                current = rewriter.apply(NAME);
            }
        }
        return current;
    }

    private Patch optimized(Node node, ControlFlow.WithBodies operator, Graph graph, Firings firings) {
        List<Graph> bodies = new ArrayList<>();
        Set<Integer> captured = new TreeSet<>();
        Set<Integer> kept = new TreeSet<>();
        for (int b = 0; b < operator.bodies().size(); b++) {
            Graph body = operator.bodies().get(b);
            List<Integer> captures = operator.captures(b);
            Map<String, Tensor> constants = new HashMap<>();
            for (int i = 0; i < captures.size(); i++) {
                if (captures.get(i) >= 0) {
                    String name = body.inputs().get(i);
                    graph.constant(node.input(captures.get(i))).ifPresent(c -> constants.put(name, c));
                    captured.add(captures.get(i));
                    if (!constants.containsKey(name)) {
                        kept.add(captures.get(i));
                    }
                }
            }
            bodies.add(pipeline.run(constants.isEmpty() ? body : withConstants(body, constants), firings));
        }
        List<String> inputs = new ArrayList<>();
        int[] positions = new int[node.inputs().size()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = inputs.size();
            if (!captured.contains(i) || kept.contains(i)) {
                inputs.add(node.input(i));
            } else {
                firings.add(NAME);
            }
        }
        return Patch.on(graph).remove(node).put(operator.withBodies(bodies, i -> positions[i]), inputs, node.outputs()).build();
    }

    private static Graph withConstants(Graph body, Map<String, Tensor> constants) {
        GraphBuilder builder = new GraphBuilder(body.name());
        body.inputs().stream().filter(i -> !constants.containsKey(i)).forEach(i -> builder.input(i, body.type(i)));
        body.inputs().stream().filter(constants::containsKey).forEach(i -> builder.constant(i, constants.get(i)));
        body.constants().forEach(builder::constant);
        body.nodes().forEach(builder::add);
        body.outputs().forEach(o -> builder.output(o.name(), o.value()));
        return builder.build();
    }
}
