package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Transposed convolution (the gradient of a convolution with respect to its data, as in ONNX's ConvTranspose) over any number
 * of spatial axes, with bias and epilogue.
 *
 * <p>Inputs: 0 data [N, C, spatial...]; 1 weights [C, M / groups, kernel...]; 2 bias [M], or absent; 3 and on, the epilogue's
 * inputs 1 and on, each broadcastable to the result. Result: [N, M, spatial...], each spatial axis of size
 * {@code stride * (size - 1) + outputPadding + (kernel - 1) * dilation + 1 - padsBegin - padsEnd}.
 *
 * @param strides one for each spatial axis
 * @param dilations one for each spatial axis
 * @param padsBegin elements cut off before each spatial axis; negative adds zeros
 * @param padsEnd elements cut off after each spatial axis; negative adds zeros
 * @param outputPadding elements added after each spatial axis
 * @param groups number of channel groups
 * @param epilogue pointwise operators applied to the result after the bias
 */
public record ConvolutionTranspose(List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd,
        List<Long> outputPadding, long groups, PointwiseProgram epilogue) implements EpilogueOperator {

    public ConvolutionTranspose {
        strides = List.copyOf(strides);
        dilations = List.copyOf(dilations);
        padsBegin = List.copyOf(padsBegin);
        padsEnd = List.copyOf(padsEnd);
        outputPadding = List.copyOf(outputPadding);
    }

    @Override
    public ConvolutionTranspose withEpilogue(PointwiseProgram other) {
        return new ConvolutionTranspose(strides, dilations, padsBegin, padsEnd, outputPadding, groups, other);
    }

    @Override
    public double multiplications(List<Shape> inputs, Shape output) {
        return Contraction.product(inputs.get(0).sizes(), 0) * Contraction.product(inputs.get(1).sizes(), 1);
    }

    /** What a spatial axis of the result has beyond {@code stride * size}, for a kernel of {@code kernel} elements. */
    public long margin(int axis, long kernel) {
        return outputPadding.get(axis) + (kernel - 1) * dilations.get(axis) + 1 - strides.get(axis) - padsBegin.get(axis)
                - padsEnd.get(axis);
    }

    @Override
    public List<ValueType> inferTypes(InferenceContext context) {
        TensorType data = context.tensor(0);
        Shape weights = context.shape(1);
        if (!data.hasRank() || weights == null) {
            throw context.error("the ranks of data and weights must be known");
        }
        int spatial = data.shape().rank() - 2;
        if (spatial < 0 || weights.rank() != spatial + 2 || strides.size() != spatial || dilations.size() != spatial
                || padsBegin.size() != spatial || padsEnd.size() != spatial || outputPadding.size() != spatial) {
            throw context.error("data " + data.shape() + ", weights " + weights + " and attributes for " + strides.size()
                    + " spatial axes do not fit together");
        }
        Dim channels = data.shape().dim(1);
        if (groups < 1 || weights.dim(0).isConstant() && weights.dim(0).size() % groups != 0
                || channels.isConstant() && weights.dim(0).isConstant() && !channels.equals(weights.dim(0))) {
            throw context.error("data has " + channels + " channels, weights " + weights + " in " + groups + " groups do not fit");
        }
        List<Dim> dims = new ArrayList<>();
        dims.add(data.shape().dim(0));
        dims.add(weights.dim(1).times(Dim.of(groups)).orElseGet(() -> context.unknownDim("channels")));
        for (int i = 0; i < spatial; i++) {
            dims.add(extent(data.shape().dim(i + 2), weights.dim(i + 2), i, context));
        }
        return List.of(Epilogues.infer(epilogue, data.withShape(new Shape(dims)), EPILOGUE_INPUT, context));
    }

    private Dim extent(Dim size, Dim kernel, int axis, InferenceContext context) {
        if (strides.get(axis) < 1 || dilations.get(axis) < 1) {
            throw context.error("strides and dilations must be positive");
        }
        if (!kernel.isConstant()) {
            return context.unknownDim("spatial" + axis);
        }
        Dim result = size.times(Dim.of(strides.get(axis))).flatMap(d -> d.plus(Dim.of(margin(axis, kernel.size()))))
                .orElseGet(() -> context.unknownDim("spatial" + axis));
        if (result.isConstant() && result.size() < 0) {
            throw context.error("padding cuts off more than spatial axis " + axis + " of the result has");
        }
        return result;
    }
}
