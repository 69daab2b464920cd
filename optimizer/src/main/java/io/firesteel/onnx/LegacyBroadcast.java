package io.firesteel.onnx;

import io.firesteel.op.Reshaping;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** The one-sided broadcasting of operator sets 1 to 6: the second operand lies at an axis of the first. */
final class LegacyBroadcast {

    private static final int LAST_OPSET = 6;

    private LegacyBroadcast() { }

    /** Input {@code index}, given dimensions of 1 at its end where attributes of old operator sets ask for them. */
    static String operand(OnnxNode node, int index) {
        if (node.opset() > LAST_OPSET || !node.flag("broadcast", false) || !node.has("axis")) {
            return node.input(index);
        }
        int rank = node.rank(0);
        long axis = node.integer("axis");
        return at(node, index, axis < 0 ? axis + rank : axis);
    }

    /** Input {@code index}, given dimensions of 1 at its end so that its first one meets {@code axis} of input 0. */
    static String at(OnnxNode node, int index, long axis) {
        int rank = node.rank(index);
        long trailing = node.rank(0) - axis - rank;
        if (axis < 0 || trailing < 0) {
            throw node.invalid("axis " + axis + " does not place rank " + rank + " in rank " + node.rank(0));
        }
        if (trailing == 0) {
            return node.input(index);
        }
        if (node.constant(index).isEmpty()) {
            List<Long> axes = LongStream.range(rank, rank + trailing).boxed().toList();
            return node.add(new Reshaping.Unsqueeze(axes), node.input(index));
        }
        Tensor constant = node.constant(index).get();
        long[] sizes = Arrays.copyOf(constant.sizes(), (int) (rank + trailing));
        Arrays.fill(sizes, rank, sizes.length, 1);
        return node.constant(constant.reshaped(sizes));
    }
}
