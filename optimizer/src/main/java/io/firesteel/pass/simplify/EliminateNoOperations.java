package io.firesteel.pass.simplify;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Movement;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.TensorType;
import java.util.Optional;
import java.util.stream.LongStream;

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
        String data = node.input(0);
        boolean same;
        if (node.operator() instanceof Movement.Transpose transpose) {
            same = transpose.perm().equals(LongStream.range(0, transpose.perm().size()).boxed().toList());
        } else if (node.operator() instanceof Movement.Concat) {
            same = node.inputs().size() == 1;
        } else if (node.operator() instanceof Slicing.Pad pad) {
            same = pad.begins().stream().allMatch(p -> p == 0) && pad.ends().stream().allMatch(p -> p == 0);
        } else if (node.operator() instanceof Slicing.Slice slice) {
            same = slice.steps().stream().allMatch(s -> s == 1);
        } else if (node.operator() instanceof Pooling.MaxPool pool) {
            same = isPointwise(pool.window());
        } else if (node.operator() instanceof Pooling.AveragePool pool) {
            same = isPointwise(pool.window());
        } else if (node.operator() instanceof Arithmetic.Add) {
            return neutral(node, graph, 0);
        } else if (node.operator() instanceof Arithmetic.Mul) {
            return neutral(node, graph, 1);
        } else {
            same = node.operator() instanceof Conversions.Cast || node.operator() instanceof Reshaping.Reshape
                    || node.operator() instanceof Reshaping.DynamicReshape
                    || node.operator() instanceof Movement.Expand || node.operator() instanceof Movement.DynamicExpand;
        }
        return same && !data.isEmpty() && graph.type(data) instanceof TensorType type && type.hasRank() ? Optional.of(data) : Optional.empty();
    }

    private static boolean isPointwise(PoolingWindow window) {
        return window.kernel().stream().allMatch(k -> k == 1) && window.padsBegin().stream().allMatch(p -> p == 0)
                && window.padsEnd().stream().allMatch(p -> p == 0);
    }

    private static Optional<String> neutral(Node node, Graph graph, double element) {
        return Constants.variable(graph, node).filter(v -> {
            var scalar = Constants.scalar(graph, Constants.other(node, v));
            return scalar.isPresent() && scalar.getAsDouble() == element && graph.type(v) instanceof TensorType type && type.hasRank();
        });
    }
}
