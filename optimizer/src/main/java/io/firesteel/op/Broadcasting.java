package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** ONNX's multidirectional (NumPy's) broadcasting of shapes. */
public final class Broadcasting {

    private Broadcasting() { }

    /** The broadcast of all tensor inputs, with the given element type. */
    public static TensorType type(InferenceContext context, DataType dataType) {
        Shape shape = Shape.SCALAR;
        for (int i = 0; i < context.inputCount(); i++) {
            if (!context.tensor(i).hasRank()) {
                return TensorType.ofUnknownRank(dataType);
            }
            shape = shapes(shape, context.shape(i), context);
        }
        return new TensorType(dataType, shape);
    }

    /** Fails unless all tensor inputs have the first one's element type. */
    public static void requireSameDataType(InferenceContext context) {
        for (int i = 1; i < context.inputCount(); i++) {
            if (context.tensor(i).dataType() != context.tensor(0).dataType()) {
                throw context.error("inputs must have one element type, are " + context.tensor(0) + " and " + context.tensor(i));
            }
        }
    }

    /** The broadcast of two shapes. */
    public static Shape shapes(Shape a, Shape b, InferenceContext context) {
        int rank = Math.max(a.rank(), b.rank());
        List<Dim> dims = new ArrayList<>(rank);
        for (int i = 0; i < rank; i++) {
            int left = i - (rank - a.rank());
            int right = i - (rank - b.rank());
            Dim x = left < 0 ? Dim.of(1) : a.dim(left);
            Dim y = right < 0 ? Dim.of(1) : b.dim(right);
            dims.add(dim(x, y, i, a, b, context));
        }
        return new Shape(dims);
    }

    private static Dim dim(Dim x, Dim y, int axis, Shape a, Shape b, InferenceContext context) {
        if (x.equals(y) || y.is(1)) {
            return x;
        }
        if (x.is(1)) {
            return y;
        }
        if (x.isConstant() && y.isConstant()) {
            throw context.error("shapes " + a + " and " + b + " do not broadcast");
        }
        if (x.isConstant() || y.isConstant()) {
            return x.isConstant() ? x : y;
        }
        return context.unknownDim("broadcast" + axis);
    }
}
