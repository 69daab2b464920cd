package io.firesteel.pass.fold;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.pass.Rule;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Computes what does not depend on the input.
 *
 * <pre>
 * op(constant, ...)                  ->  constant
 * integers that type inference knows ->  constant
 * </pre>
 */
public final class FoldConstants implements Rule {

    private static final long SMALL_BYTES = 1 << 20;
    private static final long GROWTH_LIMIT = 4;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!node.operator().isDeterministic() || node.outputs().isEmpty()) {
            return Optional.empty();
        }
        Optional<Patch> known = knownIntegers(node, graph);
        if (known.isPresent()) {
            return known;
        }
        long inputBytes = 0;
        List<HostValue> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            Tensor constant = input.isEmpty() ? null : graph.constant(input).orElse(null);
            if (constant == null && !input.isEmpty()) {
                return Optional.empty();
            }
            inputs.add(constant);
            inputBytes += constant == null ? 0 : constant.byteSize();
        }
        if (!mayFold(node, graph, inputBytes)) {
            return Optional.empty();
        }
        List<HostValue> results;
        try {
            results = ReferenceEvaluator.evaluate(node, inputs);
        } catch (FiresteelException e) {
            return Optional.empty();
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        for (int i = 0; i < node.outputs().size(); i++) {
            String output = node.outputs().get(i);
            if (!output.isEmpty()) {
                if (!(results.get(i) instanceof Tensor tensor)) {
                    return Optional.empty();
                }
                patch.replace(output, patch.constant(output + "/folded", tensor));
            }
        }
        return Optional.of(patch.build());
    }

    private static boolean mayFold(Node node, Graph graph, long inputBytes) {
        long limit = Math.max(SMALL_BYTES, inputBytes * GROWTH_LIMIT);
        for (String output : node.outputs()) {
            if (output.isEmpty()) {
                continue;
            }
            if (!(graph.type(output) instanceof TensorType type)) {
                return false;
            }
            if (type.isStatic() && type.byteSize() > limit || !type.isStatic() && inputBytes > SMALL_BYTES) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Patch> knownIntegers(Node node, Graph graph) {
        Optional<List<Dim>> value = node.outputs().size() == 1 ? graph.shapeValue(node.output()) : Optional.empty();
        if (value.isEmpty() || !value.get().stream().allMatch(Dim::isConstant)
                || !(graph.type(node.output()) instanceof TensorType type) || !type.isStatic()
                || type.dataType() != DataType.INT64 && type.dataType() != DataType.INT32
                || type.shape().elements() != value.get().size()) {
            return Optional.empty();
        }
        Tensor tensor = Tensor.zeros(type.dataType(), type.shape().sizes());
        for (int i = 0; i < value.get().size(); i++) {
            tensor.setLong(i, value.get().get(i).size());
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        patch.replace(node.output(), patch.constant(node.output() + "/folded", tensor));
        return Optional.of(patch.build());
    }
}
