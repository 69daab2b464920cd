package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the sizes of a signature's symbolic dimensions from given inputs. */
final class InputSizes {

    private InputSizes() { }

    /** By symbol; fails where the inputs do not fit the signature. */
    static Map<String, Long> of(Signature signature, List<HostValue> inputs) {
        if (inputs.size() != signature.inputs().size()) {
            throw FiresteelException.user("INPUT_COUNT", "the model takes " + signature.inputs().size() + " inputs, got " + inputs.size());
        }
        Map<String, Long> sizes = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            Signature.Port port = signature.inputs().get(i);
            boolean tensor = inputs.get(i) instanceof Tensor;
            if (port.type() instanceof TensorType != tensor) {
                throw mismatch(port, inputs.get(i), "");
            }
            if (tensor) {
                unify(port, (TensorType) port.type(), (Tensor) inputs.get(i), sizes);
            }
        }
        return sizes;
    }

    private static void unify(Signature.Port port, TensorType type, Tensor value, Map<String, Long> sizes) {
        if (type.dataType() != value.dataType() || type.hasRank() && type.shape().rank() != value.rank()) {
            throw mismatch(port, value, "");
        }
        if (!type.hasRank()) {
            return;
        }
        Shape shape = type.shape();
        for (int axis = 0; axis < shape.rank(); axis++) {
            Dim dim = shape.dim(axis);
            if (dim.isConstant() ? dim.size() != value.size(axis) : !fits(dim, value.size(axis), sizes)) {
                throw mismatch(port, value, !dim.isConstant() && sizes.containsKey(dim.symbol())
                        ? ", but " + dim.symbol() + " is " + sizes.get(dim.symbol()) + " elsewhere" : "");
            }
        }
    }

    private static boolean fits(Dim dim, long size, Map<String, Long> sizes) {
        if ((size - dim.offset()) % dim.coefficient() != 0) {
            return false;
        }
        long symbol = (size - dim.offset()) / dim.coefficient();
        Long known = sizes.putIfAbsent(dim.symbol(), symbol);
        return known == null || known == symbol;
    }

    private static FiresteelException mismatch(Signature.Port port, HostValue value, String further) {
        return FiresteelException.user("INPUT_MISMATCH", "input " + port + " got "
                + (value instanceof Tensor tensor ? tensor.type() : "a value that is no tensor") + further);
    }
}
