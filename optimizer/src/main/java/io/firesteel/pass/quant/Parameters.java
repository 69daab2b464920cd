package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the parameters of nodes that quantize or dequantize. */
final class Parameters {

    private Parameters() { }

    /** The parameters of a node that dequantizes to fp32 by constants, blocks left out. */
    static Optional<QuantizationParameters> ofDequantize(Graph graph, Node node) {
        return node.operator() instanceof Quantization.DequantizeLinear op && op.dataType() == DataType.FLOAT32 && op.blockSize() == 0
                ? of(graph, node, op.axis(), graph.tensor(node.input(0)).dataType()) : Optional.empty();
    }

    /** The parameters of a node that quantizes fp32 by constants, blocks left out. */
    static Optional<QuantizationParameters> ofQuantize(Graph graph, Node node) {
        return node.operator() instanceof Quantization.QuantizeLinear op && op.blockSize() == 0
                && op.precision() == DataType.FLOAT32 && graph.tensor(node.input(0)).dataType() == DataType.FLOAT32
                ? of(graph, node, op.axis(), op.dataType()) : Optional.empty();
    }

    private static Optional<QuantizationParameters> of(Graph graph, Node node, long axis, DataType type) {
        Optional<Tensor> scale = graph.constant(node.input(1));
        Optional<Tensor> zeroPoint = graph.constant(node.input(2));
        if (scale.isEmpty() || scale.get().dataType() != DataType.FLOAT32 || scale.get().elements() == 0
                || !node.input(2).isEmpty() && (zeroPoint.isEmpty() || zeroPoint.get().elements() != scale.get().elements())
                || !graph.tensor(node.input(0)).hasRank()) {
            return Optional.empty();
        }
        int count = (int) scale.get().elements();
        List<Float> scales = new ArrayList<>();
        List<Long> zeroPoints = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            scales.add((float) scale.get().getDouble(i));
            zeroPoints.add(zeroPoint.isPresent() ? zeroPoint.get().getLong(i) : 0);
        }
        int rank = graph.tensor(node.input(0)).shape().rank();
        return Optional.of(new QuantizationParameters(type, count == 1 ? 0 : axis < 0 ? axis + rank : axis, scales, zeroPoints));
    }
}
