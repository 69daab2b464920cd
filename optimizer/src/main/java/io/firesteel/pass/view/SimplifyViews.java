package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.View;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Shape;
import java.util.List;
import java.util.Optional;

/**
 * Replaces a chain of reshapes and transposes by the shortest that does the same: nothing, one reshape, one transpose, or a
 * reshape, a transpose and a reshape.
 *
 * <pre>
 * x -> Reshape -> Transpose -> Transpose -> Reshape -> y   ->   x -> Reshape -> y
 * </pre>
 */
public final class SimplifyViews implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!AxisView.isView(graph, node)) {
            return Optional.empty();
        }
        Optional<AxisView> view = AxisView.of(graph, node.output());
        return view.isPresent() ? view.filter(v -> v.nodes() > 0).flatMap(v -> shorten(node, v, graph)) : join(node, graph);
    }

    /** Reshapes one after the other need no common factors. */
    private static Optional<Patch> join(Node node, Graph graph) {
        if (!(node.operator() instanceof View)) {
            return Optional.empty();
        }
        return graph.producer(node.input(0)).filter(n -> n.operator() instanceof View && AxisView.isView(graph, n))
                .map(n -> n.input(0)).filter(source -> graph.tensor(source).hasRank())
                .flatMap(source -> Views.reshape(graph.tensor(source).shape(), graph.tensor(node.output()).shape())
                        .map(r -> Patch.on(graph).remove(node).put(r, List.of(source), node.outputs()).build()));
    }

    private static Optional<Patch> shorten(Node node, AxisView view, Graph graph) {
        Shape from = graph.tensor(view.source()).shape();
        Shape to = graph.tensor(node.output()).shape();
        Patch.Builder patch = Patch.on(graph).remove(node);
        if (view.isIdentity() && from.equals(to)) {
            return Optional.of(patch.replace(node.output(), view.source()).build());
        }
        boolean single = view.nodes() == 1;
        if (view.isReshape()) {
            if (single && (node.operator() instanceof Reshaping.Reshape || node.operator() instanceof Reshaping.Flatten)) {
                return Optional.empty();
            }
            return Views.reshape(from, to).filter(r -> !r.equals(node.operator()) || !single)
                    .map(r -> patch.put(r, List.of(view.source()), List.of(node.output())).build());
        }
        Optional<List<Long>> perm = view.permutation();
        if (perm.isPresent() && !single) {
            return Optional.of(patch.put(new Movement.Transpose(perm.get()), List.of(view.source()), List.of(node.output())).build());
        }
        if (view.nodes() <= 3) {
            return Optional.empty();
        }
        Patch.Builder general = Patch.on(graph).remove(node);
        return Views.emit(general, view, view.source(), from, to, node.output())
                .map(value -> general.replace(node.output(), value).build());
    }
}
