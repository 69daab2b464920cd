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
 * x * HardSigmoid(1/6, 1/2)(x)      ->   HardSwish
 * </pre>
 */
public final class RecognizeSwish implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Mul)) {
            return Optional.empty();
        }
        return match(node, graph, node.input(0), node.input(1)).or(() -> match(node, graph, node.input(1), node.input(0)));
    }

    private static Optional<Patch> match(Node node, Graph graph, String x, String gate) {
        return graph.producer(gate).filter(n -> n.input(0).equals(x)).flatMap(n -> gated(n))
                .map(op -> Patch.on(graph).remove(node).put(op, List.of(x), node.outputs()).build());
    }

    private static Optional<UnaryOperator> gated(Node gate) {
        if (gate.operator() instanceof Activations.Sigmoid) {
            return Optional.of(new Activations.Swish(1));
        }
        if (gate.operator() instanceof Activations.HardSigmoid hard && Constants.isAbout(hard.alpha(), 1 / 6.0)
                && hard.beta() == 0.5f) {
            return Optional.of(new Activations.HardSwish());
        }
        return Optional.empty();
    }
}
