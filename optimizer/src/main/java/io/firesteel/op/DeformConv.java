package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Deformable convolution: every element of the kernel looks at a place moved by an offset of its own, between elements by linear
 * interpolation, and zero outside the data.
 *
 * <p>Inputs: 0 data [N, C, spatial...]; 1 weights [M, C / groups, kernel...]; 2 offsets [N, offset groups * kernel elements *
 * spatial axes, result's spatial...]; 3 bias [M], or absent; 4 factors [N, offset groups * kernel elements, result's spatial...], or
 * absent for ones. Result: [N, M, spatial...].
 *
 * @param strides one for each spatial axis
 * @param dilations one for each spatial axis
 * @param padsBegin padding before each spatial axis
 * @param padsEnd padding after each spatial axis
 * @param groups number of channel groups
 * @param offsetGroups number of groups of channels that share offsets
 */
public record DeformConv(List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd, long groups,
        long offsetGroups) implements Contraction {

    public DeformConv {
        strides = List.copyOf(strides);
        dilations = List.copyOf(dilations);
        padsBegin = List.copyOf(padsBegin);
        padsEnd = List.copyOf(padsEnd);
    }

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        TensorType data = context.tensor(0);
        Shape weights = context.shape(1);
        Shape offsets = context.shape(2);
        int rank = strides.size() + 2;
        if (!data.hasRank() || data.shape().rank() != rank || weights == null || weights.rank() != rank || offsets == null
                || offsets.rank() != rank || groups < 1 || offsetGroups < 1) {
            throw context.error("data " + data + ", weights " + context.tensor(1) + ", offsets " + context.tensor(2)
                    + " and attributes for " + strides.size() + " spatial axes do not fit together");
        }
        List<Dim> dims = new ArrayList<>(List.of(data.shape().dim(0), weights.dim(0)));
        dims.addAll(offsets.dims().subList(2, rank));
        return List.of(data.withShape(new Shape(dims)));
    }
}
