package io.firesteel.onnx.export;

import io.firesteel.graph.Node;

/** Writes a node of a plan as ONNX nodes that give its outputs their names. */
@FunctionalInterface
interface NodeExport {

    void export(Node node, ExportedGraph out);
}
