package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import io.firesteel.onnx.proto.SparseTensorProto;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;

/** Expands ONNX's coordinate-format sparse tensors. */
final class SparseTensors {

    private static final long SMALL_ELEMENTS = 1 << 20;
    private static final long GROWTH_LIMIT = 1 << 10;

    private SparseTensors() { }

    /**
     * The dense tensor; indices are linear, or one row of coordinates for each value. The file's size bounds the result's: at
     * most {@value #GROWTH_LIMIT} elements for each one stored, unless it is small.
     */
    static Tensor toDense(SparseTensorProto sparse, TensorReader reader) {
        String name = sparse.getValues().getName();
        Tensor values = reader.read(sparse.getValues());
        Tensor indices = reader.read(sparse.getIndices());
        long[] sizes = sparse.getDimsList().stream().mapToLong(Long::longValue).toArray();
        requireSize(name, sizes, Math.max(SMALL_ELEMENTS, GROWTH_LIMIT * values.elements()));
        boolean linear = indices.rank() == 1;
        if (values.rank() != 1 || indices.dataType() != DataType.INT64 || indices.rank() > 2 || indices.rank() < 1
                || indices.size(0) != values.elements() || !linear && indices.size(1) != sizes.length) {
            throw invalid(name, "has values " + values.type() + " and indices " + indices.type() + " for shape " + Shape.of(sizes));
        }
        Tensor dense = Tensor.zeros(values.dataType(), sizes);
        for (long i = 0; i < values.elements(); i++) {
            long at = linear ? indices.getLong(i) : position(name, indices, i, sizes);
            if (at < 0 || at >= dense.elements()) {
                throw invalid(name, "has an index outside its shape");
            }
            if (values.dataType().isFloatingPoint()) {
                dense.setDouble(at, values.getDouble(i));
            } else {
                dense.setLong(at, values.getLong(i));
            }
        }
        return dense;
    }

    private static void requireSize(String name, long[] sizes, long limit) {
        long elements = 1;
        for (long size : sizes) {
            if (size < 0) {
                throw invalid(name, "has a negative dimension");
            }
            if (size > 0 && elements > limit / size) {
                throw invalid(name, "of shape " + Shape.of(sizes) + " is too large to expand: store it densely");
            }
            elements *= Math.max(1, size);
        }
    }

    private static long position(String name, Tensor indices, long row, long[] sizes) {
        long at = 0;
        for (int axis = 0; axis < sizes.length; axis++) {
            long index = indices.getLong(row * sizes.length + axis);
            if (index < 0 || index >= sizes[axis]) {
                throw invalid(name, "has an index outside its shape");
            }
            at = at * sizes[axis] + index;
        }
        return at;
    }

    private static FiresteelException invalid(String name, String what) {
        return FiresteelException.user("MODEL_INVALID", "sparse tensor '" + name + "' " + what);
    }
}
