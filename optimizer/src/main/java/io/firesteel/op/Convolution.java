package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolution (cross-correlation, as in ONNX's Conv) over any number of spatial axes, with bias and epilogue.
 *
 * <p>Inputs: 0 data [N, C, spatial...]; 1 weights [M, C / groups, kernel...]; 2 bias [M], or absent; 3 and on, the epilogue's
 * inputs 1 and on, each broadcastable to the result. Result: [N, M, spatial...].
 *
 * @param strides one for each spatial axis
 * @param dilations one for each spatial axis
 * @param padsBegin padding before each spatial axis
 * @param padsEnd padding after each spatial axis
 * @param groups number of channel groups
 * @param epilogue pointwise operators applied to the result after the bias
 */
public record Convolution(List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd, long groups,
        PointwiseProgram epilogue) implements EpilogueOperator {

    public Convolution {
        strides = List.copyOf(strides);
        dilations = List.copyOf(dilations);
        padsBegin = List.copyOf(padsBegin);
        padsEnd = List.copyOf(padsEnd);
    }

    @Override
    public Convolution withEpilogue(PointwiseProgram other) {
        return new Convolution(strides, dilations, padsBegin, padsEnd, groups, other);
    }

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        return inferTypes(context.tensor(0), context);
    }

    /** The result's type for data of another type than input 0's. */
    List<ValueType> inferTypes(TensorType data, InferenceContext context) {
        Shape weights = context.shape(1);
        if (!data.hasRank() || weights == null) {
            throw context.error("the ranks of data and weights must be known");
        }
        int spatial = data.shape().rank() - 2;
        if (spatial < 0 || weights.rank() != spatial + 2 || strides.size() != spatial || dilations.size() != spatial
                || padsBegin.size() != spatial || padsEnd.size() != spatial) {
            throw context.error("data " + data.shape() + ", weights " + weights + " and attributes for " + strides.size()
                    + " spatial axes do not fit together");
        }
        requireChannels(data.shape(), weights, context);
        List<Dim> dims = new ArrayList<>();
        dims.add(data.shape().dim(0));
        dims.add(weights.dim(0));
        for (int i = 0; i < spatial; i++) {
            dims.add(window(data.shape().dim(i + 2), weights.dim(i + 2), i, context));
        }
        return List.of(Epilogues.infer(epilogue, data.withShape(new Shape(dims)), EPILOGUE_INPUT, context));
    }

    private void requireChannels(Shape data, Shape weights, InferenceContext context) {
        Dim channels = data.dim(1);
        if (groups < 1 || weights.dim(0).isConstant() && weights.dim(0).size() % groups != 0) {
            throw context.error(groups + " groups do not divide " + weights.dim(0) + " output channels");
        }
        if (channels.isConstant() && weights.dim(1).isConstant() && channels.size() != weights.dim(1).size() * groups) {
            throw context.error("data has " + channels + " channels, weights " + weights + " with " + groups + " groups need "
                    + weights.dim(1).size() * groups);
        }
    }

    private Dim window(Dim size, Dim kernel, int axis, InferenceContext context) {
        long stride = strides.get(axis);
        if (stride < 1 || dilations.get(axis) < 1) {
            throw context.error("strides and dilations must be positive");
        }
        if (!kernel.isConstant()) {
            return context.unknownDim("spatial" + axis);
        }
        long reach = (kernel.size() - 1) * dilations.get(axis) + 1;
        long margin = padsBegin.get(axis) + padsEnd.get(axis) - reach;
        if (size.isConstant()) {
            long result = Math.floorDiv(size.size() + margin, stride) + 1;
            if (result < 1 || size.size() + margin < 0) {
                throw context.error("the kernel reaches over " + reach + " elements, the padded axis " + axis + " has "
                        + (size.size() + padsBegin.get(axis) + padsEnd.get(axis)));
            }
            return Dim.of(result);
        }
        return stride == 1 ? size.plus(Dim.of(margin + 1)).orElseGet(() -> context.unknownDim("spatial" + axis))
                : context.unknownDim("spatial" + axis);
    }
}
