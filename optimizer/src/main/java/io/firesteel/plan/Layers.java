package io.firesteel.plan;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.DataMovement;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;

/** Counts layers: nodes that compute, neither data movement nor arithmetic on shapes. */
public final class Layers {

    private Layers() { }

    /** The number of layers of a graph, bodies not entered. */
    public static long count(Graph graph) {
        return graph.nodes().stream().filter(n -> isLayer(graph, n)).count();
    }

    /** Whether a node is a layer. */
    public static boolean isLayer(Graph graph, Node node) {
        if (node.operator() instanceof DataMovement) {
            return false;
        }
        return node.outputs().stream().filter(o -> !o.isEmpty()).anyMatch(o -> !isShapeArithmetic(graph, o));
    }

    private static boolean isShapeArithmetic(Graph graph, String value) {
        return graph.shapeValue(value).isPresent() && graph.type(value) instanceof TensorType type
                && type.dataType() == DataType.INT64;
    }
}
