package io.firesteel.onnx;

import io.firesteel.op.Activations;
import io.firesteel.op.Selection;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;

/** Importers of operators that choose between elements. */
public final class SelectionImporters implements ImporterFamily {

    private static final int FIRST_TENSOR_BOUNDS = 11;
    private static final double EXACT_IN_DOUBLE = 0x1p53;

    @Override
    public void register(Registry registry) {
        registry.add("Where", n -> n.emit(new Selection.Where(), n.input(0), n.input(1), n.input(2)));
        registry.add("", "Clip", 1, FIRST_TENSOR_BOUNDS - 1, n -> n.emit(new Activations.ClipTo(
                n.has("min") ? n.real("min", 0) : Double.NEGATIVE_INFINITY,
                n.has("max") ? n.real("max", 0) : Double.POSITIVE_INFINITY), n.input(0)));
        registry.add("", "Clip", FIRST_TENSOR_BOUNDS, Integer.MAX_VALUE, SelectionImporters::clip);
    }

    private static void clip(OnnxNode node) {
        if (isFixed(node, 1) && isFixed(node, 2)) {
            double lower = bound(node, 1, Double.NEGATIVE_INFINITY);
            double upper = bound(node, 2, Double.POSITIVE_INFINITY);
            node.emit(new Activations.ClipTo(lower, upper), node.input(0));
        } else {
            node.emit(new Selection.Clip(), node.input(0), node.input(1), node.input(2));
        }
    }

    private static double bound(OnnxNode node, int index, double otherwise) {
        return node.constant(index).map(t -> t.getDouble(0)).orElse(otherwise);
    }

    private static boolean isFixed(OnnxNode node, int index) {
        if (!node.hasInput(index)) {
            return true;
        }
        if (node.constant(index).isEmpty()) {
            return false;
        }
        Tensor bound = node.constant(index).get();
        if (bound.elements() != 1 || bound.dataType() != node.tensor(0).dataType()) {
            throw node.invalid("input " + index + " must be a scalar of the data's element type, is " + bound.type());
        }
        DataType type = bound.dataType();
        return type.isFloatingPoint() || Math.abs(bound.getDouble(0)) < EXACT_IN_DOUBLE;
    }
}
