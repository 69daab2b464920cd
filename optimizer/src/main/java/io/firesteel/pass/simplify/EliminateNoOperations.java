package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.TensorType;
import java.util.Optional;

/**
 * Takes out nodes whose result is their input.
 *
 * <pre>
 * Cast to the same type, Transpose in order, Reshape or Expand to the same shape,   ->   x
 * Pad by 0, Slice of everything, Concat of one, pooling with a 1x1 window, x + 0, x * 1
 * </pre>
 */
public final class EliminateNoOperations implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        return source(node, graph)
                .filter(source -> node.outputs().size() == 1 && graph.type(source).equals(graph.type(node.output())))
                .map(source -> Patch.on(graph).remove(node).replace(node.output(), source).build());
    }

    private static Optional<String> source(Node node, Graph graph) {
        if (node.operator() instanceof Arithmetic.Add) {
            return neutral(node, graph, 0);
        }
        if (node.operator() instanceof Arithmetic.Mul) {
            return neutral(node, graph, 1);
        }
        String data = node.input(0);
        return node.operator().isIdentityOfEqualTypes() && !data.isEmpty() && graph.type(data) instanceof TensorType type
                && type.hasRank() ? Optional.of(data) : Optional.empty();
    }

    private static Optional<String> neutral(Node node, Graph graph, double element) {
        return Constants.variable(graph, node).filter(v -> {
            var scalar = Constants.scalar(graph, Constants.other(node, v));
            return scalar.isPresent() && scalar.getAsDouble() == element && graph.type(v) instanceof TensorType type && type.hasRank();
        });
    }
}
