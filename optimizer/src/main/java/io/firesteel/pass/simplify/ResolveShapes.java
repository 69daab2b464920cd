package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Operator;
import io.firesteel.op.Reshaping;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Turns reshapes whose target is computed from shapes into reshapes with a fixed target, so that the arithmetic on shapes
 * dies.
 *
 * <pre>
 * DynamicReshape(x, Concat(Shape(x)[0], [12, 64]))   ->   Reshape(x, [0, 12, 64])
 * </pre>
 */
public final class ResolveShapes implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Reshaping.DynamicReshape || node.operator() instanceof Reshaping.DynamicSqueeze
                || node.operator() instanceof Reshaping.DynamicUnsqueeze)
                || !(graph.type(node.output()) instanceof TensorType to) || !to.hasRank()
                || !(graph.type(node.input(0)) instanceof TensorType from) || !from.hasRank()) {
            return Optional.empty();
        }
        Optional<Reshaping.Reshape> reshape = Reshaping.Reshape.of(from.shape(), to.shape().dims(), false)
                .filter(r -> to.shape().dims().stream().noneMatch(d -> d.is(0)));
        return reshape.map(r -> Patch.on(graph).remove(node).put((Operator) r, List.of(node.input(0)), node.outputs()).build());
    }
}
