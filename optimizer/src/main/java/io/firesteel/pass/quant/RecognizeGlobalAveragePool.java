package io.firesteel.pass.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Pooling;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Reductions;
import io.firesteel.op.Reshaping;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Reads the mean over planes as pooling, which has an integer form.
 *
 * <pre>
 * ReduceMean(2, 3)(x)        ->   GlobalAveragePool(x), reshaped where the axes are not kept
 * q(ReduceMean(2, 3)(dq(x))) ->   q(GlobalAveragePool(dq(x))), reshaped
 * </pre>
 */
public final class RecognizeGlobalAveragePool implements Rule {

    private final boolean onlyQuantized;

    private RecognizeGlobalAveragePool(boolean onlyQuantized) {
        this.onlyQuantized = onlyQuantized;
    }

    /** Every mean over planes. */
    public static RecognizeGlobalAveragePool ofAll() {
        return new RecognizeGlobalAveragePool(false);
    }

    /** Means of bytes whose result is quantized. */
    public static RecognizeGlobalAveragePool ofBytes() {
        return new RecognizeGlobalAveragePool(true);
    }

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Reductions.ReduceMean mean) || !isOverPlanes(mean, node, graph)) {
            return Optional.empty();
        }
        Optional<Node> quantize = graph.hasOneUse(node.output()) ? graph.consumers(node.output()).stream()
                .filter(reader -> Parameters.ofQuantize(graph, reader).filter(QuantizationParameters::isPerTensor).isPresent()).findFirst()
                : Optional.empty();
        if (onlyQuantized && (quantize.isEmpty() || graph.producer(node.input(0)).flatMap(n -> Parameters.ofDequantize(graph, n)).isEmpty())) {
            return Optional.empty();
        }
        Patch.Builder patch = Patch.on(graph).remove(node);
        if (mean.keepDims()) {
            return Optional.of(patch.putAs(node, new Pooling.GlobalAveragePool(), List.of(node.input(0)), node.outputs()).build());
        }
        String pooled = patch.value(node.output() + "/pooled");
        patch.putAs(node, new Pooling.GlobalAveragePool(), List.of(node.input(0)), List.of(pooled));
        Reshaping.Reshape reshape = new Reshaping.Reshape(List.of(-1L, graph.tensor(node.input(0)).shape().dim(1).size()), false);
        if (quantize.isEmpty()) {
            return Optional.of(patch.put(reshape, List.of(pooled), node.outputs()).build());
        }
        String[] inputs = quantize.get().inputs().toArray(String[]::new);
        inputs[0] = pooled;
        return Optional.of(patch.remove(quantize.get()).put(reshape, List.of(patch.add(pooled + "/quantized", quantize.get().operator(), inputs)),
                quantize.get().outputs()).build());
    }

    private static boolean isOverPlanes(Reductions.ReduceMean mean, Node node, Graph graph) {
        if (node.inputs().size() != 1 || !(graph.type(node.input(0)) instanceof TensorType type) || !type.hasRank()
                || type.dataType() != DataType.FLOAT32) {
            return false;
        }
        Shape shape = type.shape();
        Dim channels = shape.rank() < 3 ? Dim.symbol("none") : shape.dim(1);
        return channels.isConstant() && channels.size() > 0 && IntStream.range(2, shape.rank()).mapToObj(axis -> (long) axis).toList()
                .equals(mean.axes().stream().map(axis -> axis < 0 ? axis + shape.rank() : axis).sorted().toList());
    }
}
