package io.firesteel.onnx;

import io.firesteel.tensor.Tensor;
import java.util.Arrays;

/** The one-sided broadcasting of operator sets 1 to 6: the second operand lies at axis {@code axis} of the first. */
final class LegacyBroadcast {

    private static final int LAST_OPSET = 6;

    private LegacyBroadcast() { }

    /** Input {@code index}, given dimensions of 1 at its end where attributes of old operator sets ask for them. */
    static String operand(OnnxNode node, int index) {
        if (node.opset() > LAST_OPSET || !node.flag("broadcast", false) || !node.has("axis")) {
            return node.input(index);
        }
        int rank = node.rank(index);
        int first = node.rank(0);
        long axis = node.integer("axis");
        int trailing = (int) (first - (axis < 0 ? axis + first : axis) - rank);
        if (trailing < 0 || trailing > first) {
            throw node.invalid("axis " + axis + " does not place rank " + rank + " in rank " + first);
        }
        if (trailing == 0) {
            return node.input(index);
        }
        Tensor constant = node.constant(index).orElseThrow(() ->
                node.unsupported("broadcasting at axis " + axis + " needs a constant second operand"));
        long[] sizes = Arrays.copyOf(constant.sizes(), rank + trailing);
        Arrays.fill(sizes, rank, sizes.length, 1);
        return node.constant(constant.reshaped(sizes));
    }
}
