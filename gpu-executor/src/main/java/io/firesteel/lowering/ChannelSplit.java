package io.firesteel.lowering;

import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Movement;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Recognises splits along axis 1 whose parts are slices in a format, so that no element has to move. */
final class ChannelSplit {

    private static final int VECTOR_BYTES = 16;

    private ChannelSplit() { }

    private static boolean matches(Graph graph, Node node) {
        long axis;
        if (node.operator() instanceof Movement.Split split) {
            axis = split.axis();
        } else if (node.operator() instanceof Movement.EvenSplit split) {
            axis = split.axis();
        } else {
            return false;
        }
        TensorType data = graph.tensor(node.input(0));
        int rank = data.hasRank() ? data.shape().rank() : 0;
        return rank >= 2 && (axis == 1 || axis + rank == 1) && node.outputs().stream().noneMatch(String::isEmpty);
    }

    /** The layouts of the parts, each as if it stood alone, where a node splits a tensor of this layout into slices. */
    static Optional<List<TensorLayout>> parts(Graph graph, Node node, TensorLayout whole) {
        if (!matches(graph, node)) {
            return Optional.empty();
        }
        List<TensorLayout> parts = new ArrayList<>();
        long channel = 0;
        for (String output : node.outputs()) {
            TensorLayout part = TensorLayout.of(graph.tensor(output).withDataType(whole.dataType()), whole.format());
            if (whole.format().isBlocked() && part.sizes()[1] % whole.format().block() != 0) {
                return Optional.empty();
            }
            if (!keepsVectors(whole, channel)) {
                return Optional.empty();
            }
            channel += part.sizes()[1];
            parts.add(part);
        }
        return Optional.of(parts);
    }

    /**
     * Whether a slice from a channel on begins, at every pixel, where 16 bytes do; asked of elements of one and two bytes alone, whose
     * kernels, libraries' among them, move as many at once.
     */
    static boolean keepsVectors(TensorLayout whole, long channel) {
        int bytes = whole.dataType().bytes();
        return bytes > Short.BYTES || whole.format() != TensorFormat.HWC
                || channel * bytes % VECTOR_BYTES == 0 && whole.sizes()[1] * bytes % VECTOR_BYTES == 0;
    }
}
