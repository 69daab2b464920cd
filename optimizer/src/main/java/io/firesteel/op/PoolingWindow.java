package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The window a pooling operator slides over the spatial axes of data [N, C, spatial...]; every list has one entry for each
 * spatial axis.
 *
 * @param kernel window sizes
 * @param strides steps of the window
 * @param dilations distances between elements of the window
 * @param padsBegin padding before each axis
 * @param padsEnd padding after each axis
 * @param ceilMode whether a last window that is not full counts, as long as it starts inside the data or its leading padding
 */
public record PoolingWindow(List<Long> kernel, List<Long> strides, List<Long> dilations, List<Long> padsBegin,
        List<Long> padsEnd, boolean ceilMode) {

    public PoolingWindow {
        kernel = List.copyOf(kernel);
        strides = List.copyOf(strides);
        dilations = List.copyOf(dilations);
        padsBegin = List.copyOf(padsBegin);
        padsEnd = List.copyOf(padsEnd);
    }

    /** Whether the window is one element of the data, never of its padding. */
    boolean isSingleElement() {
        return Stream.of(padsBegin, padsEnd).flatMap(List::stream).allMatch(p -> p == 0) && kernel.stream().allMatch(k -> k == 1);
    }

    /** The distance from the first to the last element of the window, both included. */
    public long reach(int axis) {
        return (kernel.get(axis) - 1) * dilations.get(axis) + 1;
    }

    /** The number of window positions along an axis of {@code size} elements; below 1 where the window does not fit. */
    public long positions(int axis, long size) {
        long stride = strides.get(axis);
        long room = size + padsBegin.get(axis) + padsEnd.get(axis) - reach(axis);
        if (room < 0) {
            return 0;
        }
        long count = Math.floorDiv(ceilMode ? room + stride - 1 : room, stride) + 1;
        return ceilMode && (count - 1) * stride >= size + padsBegin.get(axis) ? count - 1 : count;
    }

    /** The type of pooled data. */
    TensorType pooled(TensorType data, InferenceContext context) {
        if (!data.hasRank()) {
            throw context.error("the rank of the data must be known");
        }
        int spatial = data.shape().rank() - 2;
        if (spatial < 0 || kernel.size() != spatial || strides.size() != spatial || dilations.size() != spatial
                || padsBegin.size() != spatial || padsEnd.size() != spatial) {
            throw context.error("data " + data.shape() + " and attributes for " + kernel.size() + " spatial axes do not fit together");
        }
        List<Dim> dims = new ArrayList<>(data.shape().dims().subList(0, 2));
        for (int axis = 0; axis < spatial; axis++) {
            if (kernel.get(axis) < 1 || strides.get(axis) < 1 || dilations.get(axis) < 1) {
                throw context.error("window sizes, strides and dilations must be positive");
            }
            dims.add(positions(data.shape().dim(axis + 2), axis, context));
        }
        return data.withShape(new Shape(dims));
    }

    private Dim positions(Dim size, int axis, InferenceContext context) {
        if (size.isConstant()) {
            long positions = positions(axis, size.size());
            if (positions < 1) {
                throw context.error("the window reaches over " + reach(axis) + " elements, the padded spatial axis " + axis
                        + " has " + (size.size() + padsBegin.get(axis) + padsEnd.get(axis)));
            }
            return Dim.of(positions);
        }
        if (strides.get(axis) == 1) {
            return size.plus(Dim.of(padsBegin.get(axis) + padsEnd.get(axis) - reach(axis) + 1))
                    .orElseGet(() -> context.unknownDim("spatial" + axis));
        }
        return context.unknownDim("spatial" + axis);
    }
}
