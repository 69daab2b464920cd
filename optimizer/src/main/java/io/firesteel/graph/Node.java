package io.firesteel.graph;

import io.firesteel.op.Operator;
import java.util.List;

/**
 * One application of an operator. Values are identified by name, as in ONNX; the empty name is an absent optional input or
 * an output nobody uses.
 *
 * @param name unique in its graph; for an imported node, its ONNX name or one made from its first output
 * @param operator what it computes
 * @param inputs names of the values read
 * @param outputs names of the values made
 * @param origins names of the ONNX nodes this one came from, more than one after fusion
 */
public record Node(String name, Operator operator, List<String> inputs, List<String> outputs, List<String> origins) {

    public Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        origins = List.copyOf(origins);
    }

    /** The first output. */
    public String output() {
        return outputs.get(0);
    }

    /** Input {@code index}, or the empty name where it is absent. */
    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }
}
