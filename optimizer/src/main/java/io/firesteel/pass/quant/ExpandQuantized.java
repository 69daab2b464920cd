package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes quantized layers that a device has no integer kernel for apart, so that they are computed on real numbers there.
 *
 * <pre>
 * Quantized[Convolution](x, W, b)   ->   q(Convolution(dq(x), dq(W), b))
 * </pre>
 */
public final class ExpandQuantized implements Rule {

    private final Set<String> names;

    /** @param names the nodes to take apart */
    public ExpandQuantized(Set<String> names) {
        this.names = Set.copyOf(names);
    }

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!names.contains(node.name()) || !(node.operator() instanceof Quantized quantized)) {
            return Optional.empty();
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            String input = node.input(i);
            Optional<QuantizationParameters> parameters = i < quantized.inputs().size() ? quantized.inputs().get(i) : Optional.empty();
            inputs.add(parameters.isEmpty() ? input : patch.add(input + "/real",
                    new Quantization.DequantizeLinear(DataType.FLOAT32, parameters.get().axis(), 0),
                    scaled(input, parameters.get(), patch)));
        }
        if (quantized.output().isEmpty()) {
            return Optional.of(patch.put(quantized.layer(), inputs, node.outputs()).build());
        }
        QuantizationParameters output = quantized.output().get();
        String real = patch.add(node.output() + "/real", quantized.layer(), inputs.toArray(String[]::new));
        return Optional.of(patch.put(new Quantization.QuantizeLinear(output.dataType(), output.axis(), 0, DataType.FLOAT32),
                List.of(scaled(real, output, patch)), node.outputs()).build());
    }

    /** A value with constants of its scales and zero points. */
    private static String[] scaled(String value, QuantizationParameters parameters, Patch.Builder patch) {
        long[] sizes = parameters.isPerTensor() ? new long[0] : new long[] {parameters.scales().size()};
        Tensor scale = Tensor.zeros(DataType.FLOAT32, sizes);
        Tensor zeroPoint = Tensor.zeros(parameters.dataType(), sizes);
        for (int i = 0; i < parameters.scales().size(); i++) {
            scale.setDouble(i, parameters.scales().get(i));
            zeroPoint.setLong(i, parameters.zeroPoint(i));
        }
        return new String[] {value, patch.constant(value + "/scale", scale), patch.constant(value + "/zero_point", zeroPoint)};
    }
}
