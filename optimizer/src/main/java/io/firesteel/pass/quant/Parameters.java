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
        if (!graph.tensor(node.input(0)).hasRank()) {
            return Optional.empty();
        }
        int rank = graph.tensor(node.input(0)).shape().rank();
        return of(graph, node.input(1), node.input(2), axis < 0 ? axis + rank : axis, type);
    }

    /**
     * The parameters that constants give.
     *
     * @param scale value of the scales, fp32
     * @param zeroPoint value of the zero points, or empty
     * @param axis along which they vary, from 0
     */
    static Optional<QuantizationParameters> of(Graph graph, String scale, String zeroPoint, long axis, DataType type) {
        Optional<Tensor> scales = graph.constant(scale);
        Optional<Tensor> zeroPoints = graph.constant(zeroPoint);
        if (scales.isEmpty() || scales.get().dataType() != DataType.FLOAT32 || scales.get().elements() == 0
                || !zeroPoint.isEmpty() && (zeroPoints.isEmpty() || zeroPoints.get().elements() != scales.get().elements()
                        && zeroPoints.get().elements() != 1)) {
            return Optional.empty();
        }
        int count = (int) scales.get().elements();
        List<Float> each = new ArrayList<>();
        List<Long> zeros = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            each.add((float) scales.get().getDouble(i));
            zeros.add(zeroPoints.isEmpty() ? 0 : zeroPoints.get().getLong(zeroPoints.get().elements() == 1 ? 0 : i));
        }
        return Optional.of(new QuantizationParameters(type, count == 1 ? 0 : axis, each, zeros));
    }
}
