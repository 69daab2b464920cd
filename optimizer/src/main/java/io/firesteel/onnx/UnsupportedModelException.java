package io.firesteel.onnx;

import java.util.List;

/** Thrown inside the importer where a node cannot be imported; collected so that all are reported at once. */
final class UnsupportedModelException extends RuntimeException {

    private final transient List<UnsupportedNode> nodes;

    UnsupportedModelException(List<UnsupportedNode> nodes) {
        super(nodes.get(0).reason(), null, false, false);
        this.nodes = List.copyOf(nodes);
    }

    List<UnsupportedNode> nodes() {
        return nodes;
    }
}
