package io.firesteel.spark.model;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One row's share of a plan's input or output: the tensor without its batch dimension.
 *
 * @param name the name the model's author gave it
 * @param type element type in the plan
 * @param sizes sizes of the dimensions after the batch; empty for one scalar per row
 */
public record TensorSpec(String name, DataType type, List<Long> sizes) implements Serializable {

    public TensorSpec {
        sizes = List.copyOf(sizes);
    }

    /**
     * The share of one row of a plan's input or output.
     *
     * @param batch the dimension that counts rows, or null where the whole tensor is one row
     * @throws FiresteelException where the first dimension is not the batch alone or another one is not known
     */
    static TensorSpec of(String name, TensorType type, Dim batch) {
        Shape shape = type.shape();
        if (shape == null || batch != null && (shape.rank() == 0 || !shape.dim(0).equals(batch))) {
            throw FiresteelException.user("NOT_A_BATCH", "'" + name + "' is " + type + ": SQL can only call models whose"
                    + " inputs and outputs all have the batch (" + batch + ") as their first dimension");
        }
        List<Long> sizes = new ArrayList<>();
        for (Dim dim : shape.dims().subList(batch == null ? 0 : 1, shape.rank())) {
            if (!dim.isConstant()) {
                throw FiresteelException.user("SIZE_UNKNOWN", "'" + name + "' is " + type + ": dimension " + dim
                        + " is not known; give it a size when the model is built: --dim " + dim.symbol() + "=SIZE, or dims => map('"
                        + dim.symbol() + "', SIZE) of import_model");
            }
            sizes.add(dim.size());
        }
        return new TensorSpec(name, type.dataType(), sizes);
    }

    /** Elements of one row. */
    public int elements() {
        long count = 1;
        for (long size : sizes) {
            count = Math.multiplyExact(count, size);
        }
        return Math.toIntExact(count);
    }

    /** Bytes of one row. */
    public int bytes() {
        return Math.multiplyExact(elements(), type.bytes());
    }

    /** Whether a row has one value and no dimension. */
    public boolean isScalar() {
        return sizes.isEmpty();
    }

    /** The shape of one row, for example {@code [3,224,224]}; a scalar's is {@code []}. */
    public String shape() {
        return sizes.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
    }

    @Override
    public String toString() {
        return name + ": " + type + shape();
    }
}
