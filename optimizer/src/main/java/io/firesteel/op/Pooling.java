package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Pooling over the spatial axes of data [N, C, spatial...]. */
public final class Pooling {

    private Pooling() { }

    /**
     * The largest element of each window. Outputs: 0 the elements; 1 their INT64 positions in the flattened data, the first one
     * where several are equal.
     *
     * @param window the window; padding is never the largest
     * @param columnMajorIndices whether positions number the spatial axes with the first one fastest
     */
    public record MaxPool(PoolingWindow window, boolean columnMajorIndices) implements Operator {
        @Override
        public boolean isIdentityOfEqualTypes() {
            return window.isSingleElement();
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType type = window.pooled(context.tensor(0), context);
            return List.of(type, type.withDataType(DataType.INT64));
        }
    }

    /**
     * The mean of each window.
     *
     * @param window the window
     * @param countIncludePad whether padding counts as zeros; else only elements of the data count
     */
    public record AveragePool(PoolingWindow window, boolean countIncludePad) implements Operator {
        @Override
        public boolean isIdentityOfEqualTypes() {
            return window.isSingleElement();
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(window.pooled(context.tensor(0), context));
        }
    }

    /**
     * The p-norm of each window.
     *
     * @param window the window
     * @param p the norm's order, positive
     */
    public record LpPool(PoolingWindow window, long p) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(window.pooled(context.tensor(0), context));
        }
    }

    /** The mean over all spatial axes, which become 1. */
    public record GlobalAveragePool() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(global(context));
        }
    }

    /** The largest element over all spatial axes, which become 1. */
    public record GlobalMaxPool() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(global(context));
        }
    }

    /**
     * The p-norm over all spatial axes, which become 1.
     *
     * @param p the norm's order, positive
     */
    public record GlobalLpPool(long p) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(global(context));
        }
    }

    /**
     * Puts pooled elements back where MaxPool found them, zeros elsewhere.
     *
     * <p>Inputs: 0 pooled data; 1 INT64 positions in the flattened tensor whose size the window implies; 2 the INT64 shape of the
     * result, or absent for the implied one.
     *
     * @param window the window of the pooling; its dilations are 1
     */
    public record MaxUnpool(PoolingWindow window) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (context.hasInput(2)) {
                Optional<List<Dim>> dims = context.shapeValue(2);
                if (dims.isPresent()) {
                    return List.of(data.withShape(new Shape(dims.get())));
                }
                if (!data.hasRank()) {
                    return List.of(data);
                }
                List<Dim> unknown = new ArrayList<>();
                for (int i = 0; i < data.shape().rank(); i++) {
                    unknown.add(context.unknownDim("dim" + i));
                }
                return List.of(data.withShape(new Shape(unknown)));
            }
            if (!data.hasRank() || data.shape().rank() - 2 != window.kernel().size()) {
                throw context.error("the data must have " + window.kernel().size() + " spatial axes");
            }
            List<Dim> dims = new ArrayList<>(data.shape().dims().subList(0, 2));
            for (int i = 0; i < window.kernel().size(); i++) {
                int axis = i;
                long offset = window.kernel().get(i) - window.strides().get(i) - window.padsBegin().get(i) - window.padsEnd().get(i);
                dims.add(data.shape().dim(i + 2).times(Dim.of(window.strides().get(i))).flatMap(d -> d.plus(Dim.of(offset)))
                        .orElseGet(() -> context.unknownDim("spatial" + axis)));
            }
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    private static TensorType global(InferenceContext context) {
        TensorType data = context.tensor(0);
        if (!data.hasRank()) {
            return data;
        }
        if (data.shape().rank() < 2) {
            throw context.error("the data must have a batch and a channel axis, is " + data);
        }
        List<Dim> dims = new ArrayList<>(data.shape().dims().subList(0, 2));
        while (dims.size() < data.shape().rank()) {
            dims.add(Dim.of(1));
        }
        return data.withShape(new Shape(dims));
    }
}
