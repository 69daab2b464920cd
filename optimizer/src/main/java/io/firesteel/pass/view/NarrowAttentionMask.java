package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Fused;
import io.firesteel.op.Logic;
import io.firesteel.op.Movement;
import io.firesteel.op.Selection;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Takes out of an attention's mask what only repeats it: attention broadcasts its mask to the scores.
 *
 * <pre>
 * MultiHeadAttention(q, k, v, Where(And(true [1,1,S,1], m [N,1,1,S]), a, b))   ->   MultiHeadAttention(q, k, v, Where(m, a, b))
 * MultiHeadAttention(q, k, v, Expand(m))                                       ->   MultiHeadAttention(q, k, v, m)
 * </pre>
 */
public final class NarrowAttentionMask implements Rule {

    private static final int MASK = 3;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Fused.MultiHeadAttention) || node.inputs().size() <= MASK || node.input(MASK).isEmpty()) {
            return Optional.empty();
        }
        String mask = node.input(MASK);
        Patch.Builder patch = Patch.on(graph).remove(node);
        Optional<String> narrow = repeated(mask, graph).or(() -> graph.producer(mask)
                .filter(n -> n.operator() instanceof Selection.Where && isScalar(n.input(1), graph) && isScalar(n.input(2), graph))
                .flatMap(choice -> repeated(choice.input(0), graph)
                        .map(m -> patch.add(mask + "/narrow", choice.operator(), m, choice.input(1), choice.input(2)))));
        return narrow.map(m -> patch.putAs(node, node.operator(), List.of(node.input(0), node.input(1), node.input(2), m),
                node.outputs()).build());
    }

    /** The value of which another is nothing but repetitions. */
    private static Optional<String> repeated(String value, Graph graph) {
        return graph.producer(value).flatMap(n -> {
            if (n.operator() instanceof Movement.Expand || n.operator() instanceof Movement.DynamicExpand) {
                return Optional.of(n.input(0));
            }
            if (!(n.operator() instanceof Logic.And)) {
                return Optional.empty();
            }
            return isTrue(n.input(0), graph) ? Optional.of(n.input(1)) : isTrue(n.input(1), graph) ? Optional.of(n.input(0))
                    : Optional.empty();
        });
    }

    private static boolean isScalar(String value, Graph graph) {
        return graph.constant(value).filter(c -> c.elements() == 1).isPresent();
    }

    private static boolean isTrue(String value, Graph graph) {
        Optional<Tensor> constant = graph.constant(value);
        for (long i = 0; constant.isPresent() && i < constant.get().elements(); i++) {
            if (constant.get().getLong(i) == 0) {
                return false;
            }
        }
        return constant.isPresent();
    }
}
