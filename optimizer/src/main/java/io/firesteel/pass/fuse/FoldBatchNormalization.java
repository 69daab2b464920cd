package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Normalizations;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Turns batch normalization with constant statistics into a product and a sum, which then fold into the layer before.
 *
 * <pre>
 * BatchNormalization(x, scale, bias, mean, variance)   ->   x * a + b
 * a = scale / sqrt(variance + epsilon), b = bias - mean * a
 * </pre>
 */
public final class FoldBatchNormalization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Normalizations.BatchNormalization normalization) || node.outputs().size() != 1
                || !graph.tensor(node.input(0)).hasRank() || graph.tensor(node.input(0)).shape().rank() < 2
                || IntStream.range(1, 5).anyMatch(i -> graph.constant(node.input(i)).isEmpty())) {
            return Optional.empty();
        }
        Tensor scale = graph.constant(node.input(1)).orElseThrow();
        Tensor bias = graph.constant(node.input(2)).orElseThrow();
        Tensor mean = graph.constant(node.input(3)).orElseThrow();
        Tensor variance = graph.constant(node.input(4)).orElseThrow();
        if (scale.dataType() != graph.tensor(node.input(0)).dataType() || !scale.dataType().isFloatingPoint()
                || Stream.of(bias, mean, variance).anyMatch(t -> t.elements() != scale.elements())) {
            return Optional.empty();
        }
        long[] sizes = new long[graph.tensor(node.input(0)).shape().rank() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = scale.elements();
        Tensor factor = Tensor.zeros(scale.dataType(), sizes);
        Tensor offset = Tensor.zeros(scale.dataType(), sizes);
        for (int c = 0; c < scale.count(); c++) {
            double a = scale.getDouble(c) / Math.sqrt(variance.getDouble(c) + normalization.epsilon());
            factor.setDouble(c, a);
            offset.setDouble(c, bias.getDouble(c) - mean.getDouble(c) * a);
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        String scaled = patch.add(node.output() + "/scaled", new Arithmetic.Mul(), node.input(0),
                patch.constant(node.output() + "/factor", factor));
        return Optional.of(patch.put(new Arithmetic.Add(), List.of(scaled, patch.constant(node.output() + "/offset", offset)),
                node.outputs()).build());
    }
}
