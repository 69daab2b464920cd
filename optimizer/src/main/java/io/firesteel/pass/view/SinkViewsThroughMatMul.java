package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.MatMul;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Moves rearrangements of the rows of a matrix product behind it, where they meet others and vanish.
 *
 * <pre>
 * x [N,S,K] -> Reshape [N*S,K] -> MatMul(W [K,M])   ->   x -> MatMul(W) [N,S,M] -> Reshape [N*S,M]
 * </pre>
 *
 * The weights are a constant matrix; the last axis of x stays the last.
 */
public final class SinkViewsThroughMatMul implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof MatMul product) || product.transposeA() || !product.epilogue().isIdentity()
                || graph.constant(node.input(1)).filter(w -> w.rank() == 2).isEmpty() || !graph.tensor(node.input(0)).hasRank()) {
            return Optional.empty();
        }
        Optional<AxisView> view = AxisView.of(graph, node.input(0)).filter(v -> v.nodes() > 0);
        if (view.isEmpty() || !keepsLastAxis(view.get())) {
            return Optional.empty();
        }
        return rebuild(node, view.get(), graph);
    }

    private static boolean keepsLastAxis(AxisView view) {
        int sourceRank = view.sourceAxes().size();
        int rank = view.axes().size();
        if (sourceRank < 2 || rank < 2) {
            return false;
        }
        List<AxisView.Factor> last = view.sourceAxes().get(sourceRank - 1);
        return !last.isEmpty() && last.equals(view.axes().get(rank - 1));
    }

    private static Optional<Patch> rebuild(Node node, AxisView view, Graph graph) {
        Shape from = graph.tensor(view.source()).shape();
        Shape to = graph.tensor(node.output()).shape();
        Dim columns = to.dim(-1);
        List<Dim> dims = new ArrayList<>(from.dims());
        dims.set(dims.size() - 1, columns);
        Shape product = new Shape(dims);
        Patch.Builder patch = Patch.on(graph).remove(node);
        List<String> inputs = new ArrayList<>(node.inputs());
        inputs.set(0, view.source());
        String result = patch.add(node.output() + "/rows", node.operator(), inputs.toArray(String[]::new));
        return Views.emitRows(patch, view, result, product, to, node.output())
                .map(value -> patch.replace(node.output(), value).build());
    }
}
