package io.firesteel.backend.reference;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Node;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;

/** Evaluates single nodes on host values: what steps with sizes that depend on data run on, whatever the device. */
public final class HostEvaluator {

    private HostEvaluator() { }

    /**
     * Evaluates a node.
     *
     * @param inputs one for each input, null where it is absent
     * @return one for each output
     */
    public static List<HostValue> evaluate(Node node, List<HostValue> inputs) {
        return ReferenceEvaluator.evaluate(node, inputs);
    }

    /** Fails unless a result is a tensor of the type that was inferred for it. */
    public static void requireType(Node node, HostValue result, TensorType type) {
        if (!(result instanceof Tensor tensor) || !tensor.type().equals(type)) {
            throw FiresteelException.atNode("SHAPE_MISMATCH", node.name(), "node '" + node.name() + "' (" + node.operator().name()
                    + ") gave " + (result instanceof Tensor tensor ? tensor.type() : "no tensor") + " where " + type + " was inferred");
        }
    }
}
