package io.firesteel.reference;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.function.UnaryOperator;

/** Applies functions to the one-dimensional slices of a tensor along one axis. */
final class Lanes {

    private Lanes() { }

    /**
     * Replaces each slice along an axis by what a function makes of it.
     *
     * @param axis the axis; negative counts from the end
     * @param resultType element type of the result
     * @param function makes a slice of the result, which may be the array it gets; all results have one length
     * @param resultSize that length
     */
    static Tensor map(Tensor x, long axis, DataType resultType, long resultSize, UnaryOperator<double[]> function) {
        int normalized = (int) (axis < 0 ? axis + x.rank() : axis);
        if (normalized < 0 || normalized >= x.rank()) {
            throw new IllegalArgumentException("axis " + axis + " is out of range for rank " + x.rank());
        }
        long[] sizes = x.sizes();
        int size = Math.toIntExact(sizes[normalized]);
        sizes[normalized] = resultSize;
        Tensor y = Tensor.zeros(resultType, sizes);
        long inner = 1;
        for (int i = normalized + 1; i < sizes.length; i++) {
            inner *= sizes[i];
        }
        long outer = 1;
        for (int i = 0; i < normalized; i++) {
            outer *= sizes[i];
        }
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < inner; i++) {
                double[] lane = new double[size];
                if (inner == 1) {
                    Elements.read(x, o * size, lane, 0, size);
                } else {
                    for (int k = 0; k < size; k++) {
                        lane[k] = x.getDouble((o * size + k) * inner + i);
                    }
                }
                double[] result = function.apply(lane);
                if (inner == 1) {
                    Elements.write(y, o * resultSize, result, 0, result.length);
                } else {
                    for (int k = 0; k < result.length; k++) {
                        y.setDouble((o * resultSize + k) * inner + i, result[k]);
                    }
                }
            }
        }
        return y;
    }

    /** As {@link #map(Tensor, long, DataType, long, UnaryOperator)}, keeping type and shape. */
    static Tensor map(Tensor x, long axis, UnaryOperator<double[]> function) {
        return map(x, axis, x.dataType(), x.size((int) axis), function);
    }
}
