package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import io.firesteel.onnx.proto.SparseTensorProto;
import io.firesteel.tensor.Tensor;

/** Expands ONNX's coordinate-format sparse tensors. */
final class SparseTensors {

    private static final long ELEMENT_LIMIT = 1L << 31;

    private SparseTensors() { }

    /** The dense tensor; indices are linear, or one row of coordinates for each value. */
    static Tensor toDense(SparseTensorProto sparse, TensorReader reader) {
        Tensor values = reader.read(sparse.getValues());
        Tensor indices = reader.read(sparse.getIndices());
        long[] sizes = sparse.getDimsList().stream().mapToLong(Long::longValue).toArray();
        double elements = 1;
        for (long size : sizes) {
            elements *= size;
        }
        if (elements < 0 || elements > ELEMENT_LIMIT) {
            throw FiresteelException.user("MODEL_INVALID", "sparse tensor '" + sparse.getValues().getName() + "' is too large to expand");
        }
        Tensor dense = Tensor.zeros(values.dataType(), sizes);
        for (long i = 0; i < values.elements(); i++) {
            long at = 0;
            if (indices.rank() == 1) {
                at = indices.getLong(i);
            } else {
                for (int axis = 0; axis < sizes.length; axis++) {
                    at = at * sizes[axis] + indices.getLong(i * sizes.length + axis);
                }
            }
            if (at < 0 || at >= dense.elements()) {
                throw FiresteelException.user("MODEL_INVALID", "sparse tensor '" + sparse.getValues().getName() + "' has an index outside its shape");
            }
            if (values.dataType().isFloatingPoint()) {
                dense.setDouble(at, values.getDouble(i));
            } else {
                dense.setLong(at, values.getLong(i));
            }
        }
        return dense;
    }
}
