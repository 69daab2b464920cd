package io.firesteel.pass.pattern;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Reductions;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Recognises normalization by the root mean square in primitive operators.
 *
 * <pre>
 * x / Sqrt(ReduceMean(Pow(x, 2)) + epsilon)                ->   RMSNormalization(x, 1)
 * x * Reciprocal(Sqrt(ReduceMean(x * x) + epsilon))        ->   RMSNormalization(x, 1)
 * </pre>
 */
public final class RecognizeRmsNormalization implements Rule {

    private static final long SCALE_LIMIT = 1 << 20;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (node.operator() instanceof Arithmetic.Div) {
            return match(node, node.input(0), node.input(1), graph);
        }
        if (!(node.operator() instanceof Arithmetic.Mul)) {
            return Optional.empty();
        }
        return inverse(node.input(1), graph).flatMap(root -> match(node, node.input(0), root, graph))
                .or(() -> inverse(node.input(0), graph).flatMap(root -> match(node, node.input(1), root, graph)));
    }

    /** What a value is the reciprocal of. */
    private static Optional<String> inverse(String value, Graph graph) {
        return graph.producer(value).flatMap(n -> n.operator() instanceof Mathematics.Reciprocal ? Optional.of(n.input(0))
                : n.operator() instanceof Arithmetic.Div && Constants.isAbout(graph, n.input(0), 1) ? Optional.of(n.input(1))
                : Optional.empty());
    }

    private static Optional<Patch> match(Node node, String x, String root, Graph graph) {
        if (!(graph.type(x) instanceof TensorType type) || !type.hasRank() || type.dataType() != DataType.FLOAT32
                || !Constants.sameShape(graph, x, node.output())) {
            return Optional.empty();
        }
        Optional<Node> sum = graph.producer(root).filter(n -> n.operator() instanceof Mathematics.Sqrt)
                .flatMap(n -> graph.producer(n.input(0))).filter(n -> n.operator() instanceof Arithmetic.Add);
        Optional<String> mean = sum.flatMap(n -> Constants.variable(graph, n))
                .filter(v -> Constants.scalar(graph, Constants.other(sum.get(), v)).orElse(-1) >= 0);
        Optional<Integer> axis = mean.flatMap(graph::producer).filter(n -> isSquare(n.input(0), x, graph))
                .flatMap(n -> Means.firstAxis(n, type));
        Optional<long[]> sizes = axis.flatMap(a -> Means.sizes(type, a, SCALE_LIMIT));
        if (sizes.isEmpty()) {
            return Optional.empty();
        }
        float epsilon = (float) Constants.scalar(graph, Constants.other(sum.get(), mean.get())).orElseThrow();
        Tensor ones = Tensor.zeros(DataType.FLOAT32, sizes.get());
        for (long i = 0; i < ones.elements(); i++) {
            ones.setDouble(i, 1);
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        String scale = patch.constant(node.output() + "/scale", ones);
        return Optional.of(patch.put(new Normalizations.RMSNormalization(axis.get(), epsilon), List.of(x, scale), node.outputs()).build());
    }

    private static boolean isSquare(String value, String x, Graph graph) {
        return graph.producer(value).filter(n -> n.operator() instanceof Arithmetic.Mul && n.inputs().equals(List.of(x, x))
                || n.operator() instanceof Arithmetic.Pow && n.input(0).equals(x) && Constants.isExactly(graph, n.input(1), 2)
                        && Constants.sameShape(graph, x, value)).isPresent();
    }
}
