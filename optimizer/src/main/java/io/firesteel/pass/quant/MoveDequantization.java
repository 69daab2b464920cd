package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.DataMovement;
import io.firesteel.op.Pooling;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Dequantizes after data has been moved rather than before, so that bytes are moved and the next layer can take the
 * dequantization in.
 *
 * <pre>
 * Transpose(dq(x))              ->   dq(Transpose(x))
 * MaxPool(dq(x))                ->   dq(MaxPool(x))
 * Concat(dq(x), dq(y))          ->   dq(Concat(x, y)), where the parameters are equal
 * </pre>
 *
 * Only with one scale for the whole tensor. What else reads the dequantized numbers keeps them.
 */
public final class MoveDequantization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!keepsOrder(node) || node.outputs().stream().anyMatch(o -> o.isEmpty() || graph.tensor(o).dataType() != DataType.FLOAT32)) {
            return Optional.empty();
        }
        Optional<Node> first = graph.producer(node.input(0));
        Optional<QuantizationParameters> parameters = first.flatMap(n -> Parameters.ofDequantize(graph, n))
                .filter(p -> p.isPerTensor() && p.scales().get(0) > 0);
        if (parameters.isEmpty()) {
            return Optional.empty();
        }
        List<String> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            Optional<Node> producer = graph.producer(input).filter(n -> Parameters.ofDequantize(graph, n).equals(parameters));
            boolean isData = !input.isEmpty() && graph.tensor(input).dataType() == DataType.FLOAT32;
            if (isData && producer.isEmpty()) {
                return Optional.empty();
            }
            inputs.add(isData ? producer.get().input(0) : input);
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        List<String> moved = node.outputs().stream().map(o -> patch.value(o + "/quantized")).toList();
        patch.putAs(node, node.operator(), inputs, moved);
        for (int i = 0; i < moved.size(); i++) {
            List<String> dequantize = new ArrayList<>(first.get().inputs());
            dequantize.set(0, moved.get(i));
            patch.put(first.get().operator(), dequantize, List.of(node.outputs().get(i)));
        }
        return Optional.of(patch.build());
    }

    /** Whether an operator only chooses among elements, by place or by order. */
    private static boolean keepsOrder(Node node) {
        return node.operator() instanceof DataMovement || node.operator() instanceof Pooling.MaxPool;
    }
}
