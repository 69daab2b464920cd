package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import java.util.Optional;

/** The output channels of convolutions and matrix products, as fusion sees them. */
final class Channels {

    private Channels() { }

    /** Axis of the result, counted from the end, along which the weights' output channels lie. */
    static int channelFromEnd(Graph graph, Node node) {
        int rank = graph.tensor(node.output()).shape().rank();
        return rank - ((EpilogueOperator) node.operator()).channelAxis(rank);
    }

    /** Whether a matrix product's last axis is that of its second operand: a vector there has none. */
    private static boolean hasColumns(Graph graph, Node node) {
        return graph.tensor(node.input(1)).hasRank() && graph.tensor(node.input(1)).shape().rank() >= 2;
    }

    /** Whether a node has no bias, or a constant one of the given type with one element for each channel. */
    static boolean hasFoldableBias(Graph graph, Node node, Tensor perChannel) {
        String bias = node.input(EpilogueOperator.BIAS_INPUT);
        return bias.isEmpty() || graph.constant(bias).filter(b -> b.rank() == 1 && b.elements() == perChannel.elements()
                && b.dataType() == perChannel.dataType()).isPresent();
    }

    /**
     * A constant operand that varies along output channels only, as one element for each channel.
     *
     * @param node the convolution or matrix product
     * @param value the operand
     * @return the elements, repeated for a constant of one element
     */
    static Optional<Tensor> perChannel(Graph graph, Node node, String value) {
        Optional<Tensor> constant = graph.constant(value);
        if (constant.isEmpty() || !constant.get().dataType().isFloatingPoint() || !graph.tensor(node.output()).hasRank()
                || node.operator() instanceof MatMul && !hasColumns(graph, node)) {
            return Optional.empty();
        }
        Shape result = graph.tensor(node.output()).shape();
        int fromEnd = channelFromEnd(graph, node);
        Tensor tensor = constant.get();
        if (fromEnd > result.rank() || tensor.rank() > result.rank() || !result.dim(result.rank() - fromEnd).isConstant()) {
            return Optional.empty();
        }
        long channels = result.dim(result.rank() - fromEnd).size();
        for (int i = 1; i <= tensor.rank(); i++) {
            long size = tensor.size(tensor.rank() - i);
            if (size != 1 && (i != fromEnd || size != channels)) {
                return Optional.empty();
            }
        }
        Tensor each = Tensor.zeros(tensor.dataType(), channels);
        for (int c = 0; c < channels; c++) {
            each.setDouble(c, tensor.getDouble(tensor.elements() == 1 ? 0 : c));
        }
        return Optional.of(each);
    }
}
