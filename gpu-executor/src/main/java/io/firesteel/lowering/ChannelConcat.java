package io.firesteel.lowering;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Movement;
import io.firesteel.tensor.TensorType;

/** Recognises concatenations along axis 1. */
final class ChannelConcat {

    private ChannelConcat() { }

    static boolean matches(Graph graph, Node node) {
        if (!(node.operator() instanceof Movement.Concat concat)) {
            return false;
        }
        TensorType result = graph.tensor(node.output());
        int rank = result.hasRank() ? result.shape().rank() : 0;
        return rank >= 2 && (concat.axis() == 1 || concat.axis() + rank == 1);
    }
}
