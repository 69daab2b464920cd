package io.firesteel.onnx;

import io.firesteel.op.Operator;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.Shape;
import java.util.function.LongFunction;

/** Importers of Softmax, LogSoftmax and Hardmax. */
public final class SoftmaxImporters implements ImporterFamily {

    private static final int SINCE_ONE_AXIS = 13;

    @Override
    public void register(Registry registry) {
        register(registry, "Softmax", Softmaxes.Softmax::new);
        register(registry, "LogSoftmax", Softmaxes.LogSoftmax::new);
        register(registry, "Hardmax", Softmaxes.Hardmax::new);
    }

    private static void register(Registry registry, String operator, LongFunction<Operator> alongAxis) {
        registry.add("", operator, 1, SINCE_ONE_AXIS - 1, n -> flattened(n, alongAxis));
        registry.add("", operator, SINCE_ONE_AXIS, Integer.MAX_VALUE, n -> n.emit(alongAxis.apply(n.integer("axis", -1)), n.input(0)));
    }

    /** Before operator set 13 all axes from {@code axis} on are taken as one. */
    private static void flattened(OnnxNode n, LongFunction<Operator> alongAxis) {
        int rank = n.rank(0);
        Shape shape = n.tensor(0).shape();
        long given = n.integer("axis", 1);
        int first = (int) (given < 0 ? given + rank : given);
        if (first < 0 || first > rank) {
            throw n.invalid("axis " + given + " is out of range for rank " + rank);
        }
        int along = -1;
        for (int axis = first; axis < rank; axis++) {
            if (!shape.dim(axis).is(1)) {
                if (along >= 0) {
                    asMatrix(n, alongAxis.apply(-1), first);
                    return;
                }
                along = axis;
            }
        }
        if (along < 0) {
            asMatrix(n, alongAxis.apply(-1), first);
        } else {
            n.emit(alongAxis.apply(along), n.input(0));
        }
    }

    private static void asMatrix(OnnxNode n, Operator alongRows, int first) {
        String matrix = n.add(new Reshaping.Flatten(first), n.input(0));
        Reshaping.Reshape back = Reshaping.Reshape.of(n.graph().tensor(matrix).shape(), n.tensor(0).shape().dims(), false)
                .orElseThrow(() -> n.unsupported("the sizes of " + n.tensor(0) + " are not known when the model is read"));
        n.emit(back, n.add(alongRows, matrix));
    }
}
