package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Activations;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Rule;
import java.util.List;
import java.util.Optional;

/**
 * Brings bytes from one scale to another in one layer, a bound of nothing.
 *
 * <pre>
 * q(dq(x)), with different parameters   ->   Quantized[ClipTo(-infinity, infinity)](x)
 * </pre>
 */
public final class FuseRequantization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        Optional<QuantizationParameters> to = Parameters.ofQuantize(graph, node).filter(QuantizationParameters::isPerTensor);
        Optional<Node> source = graph.producer(node.input(0));
        Optional<QuantizationParameters> from = source.flatMap(s -> Parameters.ofDequantize(graph, s))
                .filter(QuantizationParameters::isPerTensor);
        if (to.isEmpty() || from.isEmpty() || from.equals(to)) {
            return Optional.empty();
        }
        Quantized requantized = new Quantized(new Activations.ClipTo(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY), List.of(from), to);
        return Optional.of(Patch.on(graph).remove(node).put(requantized, List.of(source.get().input(0)), node.outputs()).build());
    }
}
