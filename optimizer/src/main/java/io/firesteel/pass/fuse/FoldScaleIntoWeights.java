package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Multiplies a constant factor for each output channel into the weights and bias of the layer before.
 *
 * <pre>
 * Convolution(x, W, b) * a   ->   Convolution(x, W * a, b * a)
 * </pre>
 */
public final class FoldScaleIntoWeights implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Mul)) {
            return Optional.empty();
        }
        Optional<String> data = Constants.variable(graph, node).filter(graph::hasOneUse);
        Optional<Node> layer = data.flatMap(graph::producer)
                .filter(n -> n.operator() instanceof EpilogueOperator o && o.epilogue().isIdentity());
        if (layer.isEmpty() || !Constants.sameShape(graph, node.output(), layer.get().output())) {
            return Optional.empty();
        }
        Optional<Tensor> weights = graph.constant(layer.get().input(1));
        Optional<Tensor> factor = Channels.perChannel(graph, layer.get(), Constants.other(node, data.get()));
        String bias = layer.get().input(EpilogueOperator.BIAS_INPUT);
        boolean groupedTranspose = layer.get().operator() instanceof ConvolutionTranspose t && t.groups() != 1;
        if (weights.isEmpty() || factor.isEmpty() || groupedTranspose || !weights.get().dataType().isFloatingPoint()
                || !Channels.hasFoldableBias(graph, layer.get(), factor.get())
                || layer.get().operator() instanceof MatMul && weights.get().rank() != 2) {
            return Optional.empty();
        }
        Optional<Tensor> scaled = scale(weights.get(), factor.get(), channelAxis(layer.get(), weights.get()));
        Optional<Tensor> scaledBias = bias.isEmpty() ? Optional.empty() : scale(graph.constant(bias).orElseThrow(), factor.get(), 0);
        if (scaled.isEmpty() || scaledBias.isEmpty() && !bias.isEmpty()) {
            return Optional.empty();
        }
        Patch.Builder patch = Patch.on(graph).remove(node, layer.get());
        List<String> inputs = new ArrayList<>(layer.get().inputs());
        inputs.set(1, patch.constant(layer.get().input(1) + "/scaled", scaled.get()));
        scaledBias.ifPresent(b -> inputs.set(EpilogueOperator.BIAS_INPUT, patch.constant(bias + "/scaled", b)));
        return Optional.of(patch.put(layer.get().operator(), inputs, node.outputs()).build());
    }

    private static int channelAxis(Node layer, Tensor weights) {
        if (layer.operator() instanceof Convolution) {
            return 0;
        }
        if (layer.operator() instanceof MatMul product) {
            return product.transposeB() ? weights.rank() - 2 : weights.rank() - 1;
        }
        return 1;
    }

    /** The scaled values, or empty where one leaves the range of the type. */
    private static Optional<Tensor> scale(Tensor values, Tensor factor, int axis) {
        long inner = 1;
        for (int i = axis + 1; i < values.rank(); i++) {
            inner *= values.size(i);
        }
        Tensor scaled = Tensor.zeros(values.dataType(), values.sizes());
        double[] factors = factor.toDoubles();
        for (long row = 0, at = 0; row < (inner == 0 ? 0 : values.elements() / inner); row++) {
            double by = factors[(int) (row % factors.length)];
            for (long i = 0; i < inner; i++, at++) {
                scaled.setDouble(at, values.getDouble(at) * by);
                if (!Double.isFinite(scaled.getDouble(at))) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(scaled);
    }
}
