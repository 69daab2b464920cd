package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Fused;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.Pooling;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.op.Resampling;
import io.firesteel.pass.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes the dequantization of a layer's operands, and the quantization of its result, into the layer.
 *
 * <pre>
 * q(Convolution(dq(x), dq(W), b + dq(r)))   ->   Quantized[Convolution](x, W, b, r)
 * q(dq(x) + dq(y))                          ->   Quantized[Add](x, y)
 * AveragePool(dq(x))                        ->   Quantized[AveragePool](x)
 * </pre>
 *
 * Convolutions and matrix products need dequantized data and weights; average pooling and interpolation dequantized data; pointwise
 * operators all operands dequantized or constant, and the result quantized. An operand that others read too stays dequantized for those.
 */
public final class FuseQuantization implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        boolean product = node.operator() instanceof EpilogueOperator;
        boolean pointwise = node.operator() instanceof PointwiseOperator || node.operator() instanceof Fused.PointwiseChain;
        boolean pooling = isPooling(node);
        if (!product && !pointwise && !pooling || node.outputs().size() != 1) {
            return Optional.empty();
        }
        List<Optional<QuantizationParameters>> parameters = new ArrayList<>();
        List<String> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            Optional<Node> producer = graph.producer(input);
            Optional<QuantizationParameters> quantized = producer.flatMap(p -> Parameters.ofDequantize(graph, p));
            parameters.add(quantized);
            inputs.add(quantized.isPresent() ? producer.get().input(0) : input);
        }
        Optional<Node> quantize = graph.hasOneUse(node.output()) ? graph.consumers(node.output()).stream()
                .filter(c -> c.input(0).equals(node.output())).findFirst() : Optional.empty();
        Optional<QuantizationParameters> output = quantize.flatMap(q -> Parameters.ofQuantize(graph, q));
        boolean fits = product ? parameters.size() >= 2 && parameters.get(0).isPresent() && parameters.get(1).isPresent()
                : pooling ? parameters.get(0).filter(QuantizationParameters::isPerTensor).isPresent()
                : output.isPresent() && parameters.stream().anyMatch(Optional::isPresent) && operandsFit(node, parameters, graph);
        if (!fits) {
            return Optional.empty();
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        if (output.isPresent()) {
            patch.remove(quantize.get());
        }
        return Optional.of(patch.putAs(node, new Quantized(node.operator(), parameters, output), inputs,
                output.isPresent() ? quantize.get().outputs() : node.outputs()).build());
    }

    /** Whether every operand is dequantized or a constant. */
    private static boolean operandsFit(Node node, List<Optional<QuantizationParameters>> parameters, Graph graph) {
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).isEmpty() && graph.constant(node.input(i)).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPooling(Node node) {
        return node.operator() instanceof Pooling.AveragePool || node.operator() instanceof Pooling.GlobalAveragePool
                || node.operator() instanceof Pooling.GlobalMaxPool || node.operator() instanceof Resampling.Resize;
    }
}
