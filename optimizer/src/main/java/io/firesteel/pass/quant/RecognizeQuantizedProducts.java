package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads ONNX's quantized convolution and matrix product as the real layer between quantized tensors.
 *
 * <pre>
 * QLinearConv(x, xs, xz, W, Ws, Wz, ys, yz, b)   ->   Quantized[Convolution](x, W, b)
 * QLinearMatMul(a, as, az, B, Bs, Bz, ys, yz)    ->   Quantized[MatMul](a, B)
 * </pre>
 *
 * All scales and zero points must be constants, data and result have one scale.
 */
public final class RecognizeQuantizedProducts implements Rule {

    private static final int WEIGHTS = 3;
    private static final int RESULT = 6;
    private static final int BIAS = 8;

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        Operator layer;
        int channelAxis;
        if (node.operator() instanceof Quantization.QLinearConv convolution) {
            layer = convolution.convolution();
            channelAxis = 0;
        } else if (node.operator() instanceof Quantization.QLinearMatMul && graph.tensor(node.input(WEIGHTS)).hasRank()
                && graph.tensor(node.input(WEIGHTS)).shape().rank() == 2) {
            layer = new MatMul();
            channelAxis = 1;
        } else {
            return Optional.empty();
        }
        Optional<QuantizationParameters> data = parameters(graph, node, 0, 0);
        Optional<QuantizationParameters> weights = parameters(graph, node, WEIGHTS, channelAxis);
        Optional<QuantizationParameters> result = Parameters.of(graph, node.input(RESULT), node.input(RESULT + 1), 0,
                graph.tensor(node.output()).dataType());
        if (data.isEmpty() || weights.isEmpty() || result.isEmpty() || !data.get().isPerTensor() || !result.get().isPerTensor()) {
            return Optional.empty();
        }
        List<String> inputs = new ArrayList<>(List.of(node.input(0), node.input(WEIGHTS)));
        List<Optional<QuantizationParameters>> quantized = new ArrayList<>(List.of(data, weights));
        if (!node.input(BIAS).isEmpty()) {
            inputs.add(node.input(BIAS));
            quantized.add(Optional.of(new QuantizationParameters(DataType.INT32, 0,
                    weights.get().scales().stream().map(s -> s * data.get().scales().get(0)).toList(), List.of())));
        }
        return Optional.of(Patch.on(graph).remove(node).put(new Quantized(layer, quantized, result), inputs, node.outputs()).build());
    }

    private static Optional<QuantizationParameters> parameters(Graph graph, Node node, int operand, long axis) {
        return Parameters.of(graph, node.input(operand + 1), node.input(operand + 2), axis, graph.tensor(node.input(operand)).dataType());
    }
}
