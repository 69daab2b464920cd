package io.firesteel.pass.pattern;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Normalizations;
import io.firesteel.pass.Rule;
import java.util.List;
import java.util.Optional;

/**
 * Recognises layer normalization in primitive operators, whose last steps {@link RecognizeRmsNormalization} has recognised.
 *
 * <pre>
 * RMSNormalization(x - ReduceMean(x), scale)   ->   LayerNormalization(x, scale)
 * </pre>
 */
public final class RecognizeLayerNormalization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Normalizations.RMSNormalization normalization)
                || !graph.type(node.input(0)).equals(graph.type(node.output()))) {
            return Optional.empty();
        }
        Optional<Node> centered = graph.producer(node.input(0)).filter(n -> n.operator() instanceof Arithmetic.Sub
                && graph.type(n.input(0)).equals(graph.type(n.output())));
        return centered.filter(n -> isMean(n.input(1), n.input(0), normalization.axis(), graph))
                .map(n -> Patch.on(graph).remove(node)
                        .put(new Normalizations.LayerNormalization(normalization.axis(), normalization.epsilon()),
                                List.of(n.input(0), node.input(1)), node.outputs()).build());
    }

    private static boolean isMean(String value, String x, long axis, Graph graph) {
        if (!graph.tensor(x).hasRank()) {
            return false;
        }
        int first = (int) (axis < 0 ? axis + graph.tensor(x).shape().rank() : axis);
        return graph.producer(value).filter(n -> n.input(0).equals(x))
                .flatMap(n -> Means.firstAxis(n, graph.tensor(x))).filter(a -> a == first).isPresent();
    }
}
