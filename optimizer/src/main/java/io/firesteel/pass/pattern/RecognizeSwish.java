package io.firesteel.pass.pattern;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.UnaryOperator;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import java.util.List;
import java.util.Optional;

/**
 * Recognises self-gated activations.
 *
 * <pre>
 * x * Sigmoid(x)                    ->   Swish
 * x * Sigmoid(x * a)                ->   Swish(a)
 * x * HardSigmoid(1/6, 1/2)(x)      ->   HardSwish
 * (x * Clip(x + 3, 0, 6)) * 1/6     ->   HardSwish
 * </pre>
 */
public final class RecognizeSwish implements Rule {

    private record Gate(String operand, UnaryOperator activation) { }

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Mul)) {
            return Optional.empty();
        }
        Optional<String> product = Constants.variable(graph, node)
                .filter(v -> Constants.isAbout(graph, Constants.other(node, v), 1 / 6.0));
        if (product.isPresent()) {
            return Constants.onlyFor(graph, product.get(), Arithmetic.Mul.class).flatMap(m -> either(node, m, true, graph));
        }
        return either(node, node, false, graph);
    }

    private static Optional<Patch> either(Node node, Node product, boolean isSixth, Graph graph) {
        return match(node, product.input(0), product.input(1), isSixth, graph)
                .or(() -> match(node, product.input(1), product.input(0), isSixth, graph));
    }

    private static Optional<Patch> match(Node node, String x, String gate, boolean isSixth, Graph graph) {
        return graph.producer(gate).flatMap(n -> isSixth ? clipped(n, graph) : gated(n, graph))
                .filter(g -> g.operand().equals(x) && Constants.sameShape(graph, x, node.output()))
                .map(g -> Patch.on(graph).remove(node).put(g.activation(), List.of(x), node.outputs()).build());
    }

    private static Optional<Gate> gated(Node gate, Graph graph) {
        String operand = gate.input(0);
        if (gate.operator() instanceof Activations.Sigmoid) {
            Optional<Node> scaled = graph.producer(operand).filter(n -> n.operator() instanceof Arithmetic.Mul
                    && Constants.scalarOperand(graph, n).isPresent() && Constants.variable(graph, n).isPresent());
            return Optional.of(scaled
                    .map(n -> new Gate(Constants.variable(graph, n).orElseThrow(),
                            new Activations.Swish((float) Constants.scalarOperand(graph, n).orElseThrow())))
                    .orElse(new Gate(operand, new Activations.Swish(1))));
        }
        if (gate.operator() instanceof Activations.HardSigmoid hard && Constants.isAbout(hard.alpha(), 1 / 6.0)
                && hard.beta() == 0.5f) {
            return Optional.of(new Gate(operand, new Activations.HardSwish()));
        }
        return Optional.empty();
    }

    /** {@code Clip(x + 3, 0, 6)}, which a sixth of is the gate. */
    private static Optional<Gate> clipped(Node gate, Graph graph) {
        if (!(gate.operator() instanceof Activations.ClipTo clip) || clip.lower() != 0 || clip.upper() != 6) {
            return Optional.empty();
        }
        return graph.producer(gate.input(0)).filter(n -> n.operator() instanceof Arithmetic.Add)
                .flatMap(n -> Constants.variable(graph, n).filter(v -> Constants.isAbout(graph, Constants.other(n, v), 3)))
                .map(v -> new Gate(v, new Activations.HardSwish()));
    }
}
