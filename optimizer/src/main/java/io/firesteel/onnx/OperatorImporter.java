package io.firesteel.onnx;

/** Translates one ONNX node into nodes of the graph being built. */
@FunctionalInterface
public interface OperatorImporter {

    /**
     * Reads the node's attributes and emits what computes its outputs.
     *
     * @param node the ONNX node; {@link OnnxNode#emit} must be called once, or {@link OnnxNode#define} for each output
     * @throws io.firesteel.FiresteelException from {@link OnnxNode#unsupported} or {@link OnnxNode#invalid}
     */
    void importNode(OnnxNode node);
}
