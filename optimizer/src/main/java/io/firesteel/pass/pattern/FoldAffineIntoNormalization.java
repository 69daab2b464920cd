package io.firesteel.pass.pattern;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Operator;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;

/**
 * Takes a constant factor or summand of the normalized axes into a normalization.
 *
 * <pre>
 * LayerNormalization(x, 1) * a      ->   LayerNormalization(x, a)
 * LayerNormalization(x, a) + b      ->   LayerNormalization(x, a, b)
 * </pre>
 */
public final class FoldAffineIntoNormalization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        boolean product = node.operator() instanceof Arithmetic.Mul;
        if (!product && !(node.operator() instanceof Arithmetic.Add)) {
            return Optional.empty();
        }
        Optional<String> data = Constants.variable(graph, node)
                .filter(v -> graph.hasOneUse(v) && graph.type(v).equals(graph.type(node.output())));
        Optional<Node> normalization = data.flatMap(graph::producer).filter(n -> n.outputs().size() == 1);
        Optional<Tensor> scale = normalization.filter(n -> isNormalization(n.operator(), product))
                .flatMap(n -> graph.constant(n.input(1)));
        if (scale.isEmpty()) {
            return Optional.empty();
        }
        Tensor operand = graph.constant(Constants.other(node, data.get())).orElseThrow();
        return product ? scaled(node, normalization.get(), scale.get(), operand, graph)
                : shifted(node, normalization.get(), scale.get(), operand, graph);
    }

    private static boolean isNormalization(Operator operator, boolean product) {
        return operator instanceof Normalizations.LayerNormalization || product && operator instanceof Normalizations.RMSNormalization;
    }

    private static Optional<Patch> scaled(Node node, Node normalization, Tensor scale, Tensor factor, Graph graph) {
        if (!normalization.input(2).isEmpty()) {
            return Optional.empty();
        }
        return combined(scale, factor, (a, b) -> a * b).map(tensor -> {
            Patch.Builder patch = Patch.on(graph).remove(normalization, node);
            return patch.put(normalization.operator(), List.of(normalization.input(0), patch.constant(node.output() + "/scale", tensor)),
                    node.outputs()).build();
        });
    }

    private static Optional<Patch> shifted(Node node, Node normalization, Tensor scale, Tensor summand, Graph graph) {
        String bias = normalization.input(2);
        if (!bias.isEmpty() && graph.constant(bias).isEmpty()) {
            return Optional.empty();
        }
        Tensor old = bias.isEmpty() ? Tensor.zeros(scale.dataType(), scale.sizes()) : graph.constant(bias).orElseThrow();
        return combined(old, summand, Double::sum).map(tensor -> {
            Patch.Builder patch = Patch.on(graph).remove(normalization, node);
            return patch.put(normalization.operator(), List.of(normalization.input(0), normalization.input(1),
                    patch.constant(node.output() + "/bias", tensor)), node.outputs()).build();
        });
    }

    /** The combination of a parameter with a constant that has its shape, leading axes of size 1 aside, or one element. */
    private static Optional<Tensor> combined(Tensor parameter, Tensor constant, DoubleBinaryOperator function) {
        boolean single = constant.elements() == 1;
        if (constant.dataType() != parameter.dataType() || !single && !Arrays.equals(trimmed(constant), trimmed(parameter))) {
            return Optional.empty();
        }
        Tensor result = Tensor.zeros(parameter.dataType(), parameter.sizes());
        for (long i = 0; i < result.elements(); i++) {
            result.setDouble(i, function.applyAsDouble(parameter.getDouble(i), constant.getDouble(single ? 0 : i)));
        }
        return Optional.of(result);
    }

    private static long[] trimmed(Tensor tensor) {
        long[] sizes = tensor.sizes();
        int ones = 0;
        while (ones < sizes.length && sizes[ones] == 1) {
            ones++;
        }
        return Arrays.copyOfRange(sizes, ones, sizes.length);
    }
}
