package io.firesteel.onnx;

import java.util.List;

/**
 * A node that cannot be imported.
 *
 * @param node its name
 * @param operator its operator, with the domain unless it is ONNX's own
 * @param opset the operator set's version
 * @param inputTypes the input types as far as known
 * @param reason why not
 */
public record UnsupportedNode(String node, String operator, long opset, List<String> inputTypes, String reason) {

    @Override
    public String toString() {
        return "node '" + node + "': " + operator + " (opset " + opset + ") of " + inputTypes + ": " + reason;
    }
}
