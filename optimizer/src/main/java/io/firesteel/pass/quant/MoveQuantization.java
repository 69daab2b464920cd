package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Movement;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.pass.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Quantizes the parts of a concatenation rather than the whole, so that layers before it can make bytes and bytes are joined.
 *
 * <pre>
 * q(Concat(dq(x), y))   ->   Concat(q(dq(x)), q(y))
 * </pre>
 *
 * Only with one scale for the whole tensor, where at least one part stands for bytes and nothing else reads the real whole.
 */
public final class MoveQuantization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        Optional<QuantizationParameters> parameters = Parameters.ofQuantize(graph, node).filter(QuantizationParameters::isPerTensor);
        Optional<Node> concat = graph.producer(node.input(0)).filter(n -> n.operator() instanceof Movement.Concat);
        if (parameters.isEmpty() || concat.isEmpty() || !graph.hasOneUse(node.input(0)) || graph.isOutput(node.input(0))
                || concat.get().inputs().stream().noneMatch(i -> standsForBytes(i, graph))) {
            return Optional.empty();
        }
        Patch.Builder patch = Patch.on(graph).remove(node).remove(concat.get());
        List<String> parts = new ArrayList<>();
        for (String part : concat.get().inputs()) {
            List<String> inputs = new ArrayList<>(node.inputs());
            inputs.set(0, part);
            parts.add(patch.add(part + "/quantized", node.operator(), inputs.toArray(String[]::new)));
        }
        return Optional.of(patch.putAs(concat.get(), concat.get().operator(), parts, node.outputs()).build());
    }

    private static boolean standsForBytes(String value, Graph graph) {
        return graph.producer(value).flatMap(n -> Parameters.ofDequantize(graph, n)).filter(QuantizationParameters::isPerTensor).isPresent();
    }
}
