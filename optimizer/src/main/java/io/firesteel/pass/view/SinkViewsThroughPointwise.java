package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Moves rearrangements behind pointwise operators whose other operand is a constant for the whole tensor or for its last axis,
 * so that the operator meets the layer that makes its input.
 *
 * <pre>
 * Relu(Transpose(MatMul(x, W)))      ->   Transpose(Relu(MatMul(x, W)))
 * Reshape(MatMul(x, W)) + b [M]      ->   Reshape(MatMul(x, W) + b)
 * </pre>
 */
public final class SinkViewsThroughPointwise implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof PointwiseOperator pointwise) || pointwise.arity() > 2
                || node.inputs().size() != pointwise.arity() || !isFloat(graph, node.output())) {
            return Optional.empty();
        }
        String data = node.input(0);
        if (pointwise.arity() == 2) {
            Optional<String> variable = Constants.variable(graph, node);
            if (variable.isEmpty()) {
                return Optional.empty();
            }
            data = variable.get();
        }
        if (!graph.hasOneUse(data) || !isFloat(graph, data) || !graph.tensor(data).equals(graph.tensor(node.output()))) {
            return Optional.empty();
        }
        Optional<AxisView> view = AxisView.of(graph, data).filter(v -> v.nodes() > 0 && keeps(v, node, graph));
        if (view.isEmpty() || graph.producer(view.get().source()).isEmpty()) {
            return Optional.empty();
        }
        return sink(node, data, view.get(), graph);
    }

    /** Whether the other operand means the same before the rearrangement as behind it. */
    private static boolean keeps(AxisView view, Node node, Graph graph) {
        for (String input : node.inputs()) {
            Optional<Tensor> constant = graph.constant(input);
            if (constant.isEmpty() || constant.get().elements() == 1) {
                continue;
            }
            int rank = view.axes().size();
            int sourceRank = view.sourceAxes().size();
            Tensor tensor = constant.get();
            if (tensor.rank() != 1 || rank == 0 || sourceRank == 0
                    || !view.axes().get(rank - 1).equals(view.sourceAxes().get(sourceRank - 1))) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Patch> sink(Node node, String data, AxisView view, Graph graph) {
        Shape from = graph.tensor(view.source()).shape();
        Patch.Builder patch = Patch.on(graph).remove(node);
        List<String> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            Optional<Tensor> constant = graph.constant(input);
            boolean wide = constant.isPresent() && constant.get().elements() == 1 && constant.get().rank() > from.rank();
            inputs.add(input.equals(data) ? view.source()
                    : wide ? patch.constant(input + "/scalar", constant.get().reshaped()) : input);
        }
        String result = patch.add(node.output() + "/before", node.operator(), inputs.toArray(String[]::new));
        return Views.emit(patch, view, result, from, graph.tensor(node.output()).shape(), node.output())
                .map(value -> patch.replace(node.output(), value).build());
    }

    private static boolean isFloat(Graph graph, String value) {
        return graph.type(value) instanceof TensorType type && type.hasRank() && type.dataType() == DataType.FLOAT32;
    }
}
