package io.firesteel.pass.pattern;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Reduction;
import io.firesteel.op.Reductions;
import io.firesteel.op.Softmaxes;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Recognises softmax in primitive operators.
 *
 * <pre>
 * e = Exp(x - ReduceMax(x)); e / ReduceSum(e)   ->   Softmax(x)
 * </pre>
 */
public final class RecognizeSoftmax implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Div) || !(graph.type(node.output()) instanceof TensorType type)
                || !type.hasRank() || type.dataType() != DataType.FLOAT32) {
            return Optional.empty();
        }
        String exponential = node.input(0);
        Optional<Long> axis = axis(node.input(1), exponential, Reductions.ReduceSum.class, graph);
        Optional<Node> difference = graph.producer(exponential).filter(n -> n.operator() instanceof Mathematics.Exp)
                .flatMap(n -> graph.producer(n.input(0))).filter(n -> n.operator() instanceof Arithmetic.Sub);
        return difference.filter(n -> Constants.sameShape(graph, n.input(0), node.output()) && axis.isPresent()
                        && axis(n.input(1), n.input(0), Reductions.ReduceMax.class, graph).equals(axis))
                .map(n -> Patch.on(graph).remove(node)
                        .put(new Softmaxes.Softmax(axis.get()), List.of(n.input(0)), node.outputs()).build());
    }

    /** The one axis over which a value reduces another, keeping the axis. */
    private static Optional<Long> axis(String value, String data, Class<? extends Reduction> kind, Graph graph) {
        return graph.producer(value).filter(n -> kind.isInstance(n.operator()) && n.inputs().equals(List.of(data)))
                .map(n -> (Reduction) n.operator()).filter(r -> r.keepDims() && r.axes().size() == 1)
                .map(r -> r.axes().get(0) < 0 ? r.axes().get(0) + graph.tensor(data).shape().rank() : r.axes().get(0));
    }
}
