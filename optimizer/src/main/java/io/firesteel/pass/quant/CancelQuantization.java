package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.pass.Rule;
import java.util.Optional;

/**
 * Takes out a quantization that undoes a dequantization.
 *
 * <pre>
 * q(dq(x)), both with the same parameters   ->   x
 * </pre>
 */
public final class CancelQuantization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        Optional<QuantizationParameters> quantized = Parameters.ofQuantize(graph, node);
        Optional<Node> source = graph.producer(node.input(0));
        return quantized.isPresent() && source.flatMap(s -> Parameters.ofDequantize(graph, s)).equals(quantized)
                ? Optional.of(Patch.on(graph).remove(node).replace(node.output(), source.get().input(0)).build()) : Optional.empty();
    }
}
