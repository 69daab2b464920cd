package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Adds a constant for each output channel as the bias of the layer before.
 *
 * <pre>
 * Convolution(x, W) + b       ->   Convolution(x, W, b)
 * Convolution(x, W, a) + b    ->   Convolution(x, W, a + b)
 * </pre>
 */
public final class FoldBias implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        if (!(node.operator() instanceof Arithmetic.Add)) {
            return Optional.empty();
        }
        Optional<String> data = Constants.variable(graph, node).filter(graph::hasOneUse);
        Optional<Node> layer = data.flatMap(graph::producer)
                .filter(n -> n.operator() instanceof EpilogueOperator o && o.epilogue().isIdentity());
        if (layer.isEmpty() || !Constants.sameShape(graph, node.output(), layer.get().output())) {
            return Optional.empty();
        }
        Optional<Tensor> added = Channels.perChannel(graph, layer.get(), Constants.other(node, data.get()));
        String bias = layer.get().input(EpilogueOperator.BIAS_INPUT);
        if (added.isEmpty() || !Channels.hasFoldableBias(graph, layer.get(), added.get())) {
            return Optional.empty();
        }
        Tensor sum = added.get();
        if (!bias.isEmpty()) {
            Tensor old = graph.constant(bias).orElseThrow();
            for (int c = 0; c < sum.count(); c++) {
                sum.setDouble(c, sum.getDouble(c) + old.getDouble(c));
            }
        }
        Patch.Builder patch = Patch.on(graph).remove(node, layer.get());
        List<String> inputs = new ArrayList<>(layer.get().inputs().subList(0, 2));
        inputs.add(patch.constant(node.output() + "/bias", sum));
        return Optional.of(patch.put(layer.get().operator(), inputs, node.outputs()).build());
    }
}
