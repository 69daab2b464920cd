package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Fused;
import io.firesteel.op.Movement;
import io.firesteel.pass.Rule;
import java.util.List;
import java.util.Optional;

/**
 * Lets attention read query, key and value where a merged layer left them, one after the other.
 *
 * <pre>
 * q, k, v = Split(x); MultiHeadAttention(q, k, v)   ->   MultiHeadAttention(x, packed)
 * </pre>
 */
public final class PackAttention implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Fused.MultiHeadAttention attention) || attention.packed()) {
            return Optional.empty();
        }
        Optional<Node> split = graph.producer(node.input(0)).filter(n -> n.operator() instanceof Movement.Split s
                && n.outputs().equals(node.inputs().subList(0, 3)) && s.sizes().stream().distinct().count() == 1
                && (s.axis() == 2 || s.axis() == -1) && graph.tensor(n.input(0)).shape().rank() == 3);
        return split.map(s -> Patch.on(graph).remove(node)
                .put(new Fused.MultiHeadAttention(attention.heads(), attention.scale(), true, attention.zeroWhenMasked()),
                        List.of(s.input(0), "", "", node.input(3)), node.outputs()).build());
    }
}
