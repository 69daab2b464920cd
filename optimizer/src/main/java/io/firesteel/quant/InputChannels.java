package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.MatMul;
import io.firesteel.tensor.Tensor;
import java.util.Optional;

/**
 * Which input and which output channel each element of a product's constant weights joins.
 *
 * @param inputs number of input channels
 * @param outputs number of output channels
 * @param size of the weights' first axis
 * @param second size of their second axis
 * @param kernel elements of the further axes
 * @param groups number of channel groups, 1 for a matrix product
 * @param outputsFirst whether the first axis is the output's
 */
record InputChannels(int inputs, int outputs, int size, int second, int kernel, int groups, boolean outputsFirst) {

    /** The channels of a product, or empty where its weights are no constant of such a form. */
    static Optional<InputChannels> of(Graph graph, Node node) {
        Optional<Tensor> weights = graph.constant(node.input(1)).filter(w -> w.rank() >= 2 && w.elements() > 0);
        if (weights.isEmpty()) {
            return Optional.empty();
        }
        int first = Math.toIntExact(weights.get().size(0));
        int second = Math.toIntExact(weights.get().size(1));
        int kernel = Math.toIntExact(weights.get().elements() / first / second);
        if (node.operator() instanceof Convolution op) {
            int groups = Math.toIntExact(op.groups());
            return Optional.of(new InputChannels(second * groups, first, first, second, kernel, groups, true));
        }
        if (node.operator() instanceof ConvolutionTranspose op) {
            int groups = Math.toIntExact(op.groups());
            return Optional.of(new InputChannels(first, second * groups, first, second, kernel, groups, false));
        }
        if (node.operator() instanceof MatMul op && weights.get().rank() == 2 && !op.transposeA()) {
            return Optional.of(op.transposeB() ? new InputChannels(second, first, first, second, 1, 1, true)
                    : new InputChannels(first, second, first, second, 1, 1, false));
        }
        return Optional.empty();
    }

    /** The input channel of an element of the weights. */
    int input(int element) {
        int row = element / kernel / second;
        int column = element / kernel % second;
        return outputsFirst ? row / (size / groups) * second + column : row;
    }

    /** The output channel of an element of the weights. */
    int output(int element) {
        int row = element / kernel / second;
        int column = element / kernel % second;
        return outputsFirst ? row : row / (size / groups) * second + column;
    }
}
