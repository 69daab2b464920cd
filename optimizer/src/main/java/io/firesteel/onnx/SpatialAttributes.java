package io.firesteel.onnx;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The attributes of operators that slide a window over data [N, C, spatial...], defaults filled in and {@code auto_pad} turned
 * into explicit padding; one entry for each spatial axis.
 */
record SpatialAttributes(List<Long> kernel, List<Long> strides, List<Long> dilations, List<Long> padsBegin, List<Long> padsEnd) {

    /** The attributes of a pooling operator, which must give its window. */
    static SpatialAttributes ofPooling(OnnxNode node) {
        List<Long> kernel = node.integers("kernel_shape").orElseThrow(() -> node.invalid("attribute 'kernel_shape' is missing"));
        return resolve(node, kernel);
    }

    /** The attributes of a convolution; the window is {@code kernel_shape}, else what the weights (input 1) say. */
    static SpatialAttributes ofConvolution(OnnxNode node) {
        return ofConvolution(node, 1);
    }

    /** As {@link #ofConvolution(OnnxNode)}, with the weights in another input. */
    static SpatialAttributes ofConvolution(OnnxNode node, int weights) {
        return resolve(node, convolutionKernel(node, weights));
    }

    /** The window of a convolution; -1 where it is not known. */
    static List<Long> convolutionKernel(OnnxNode node) {
        return convolutionKernel(node, 1);
    }

    private static List<Long> convolutionKernel(OnnxNode node, int input) {
        Shape weights = node.tensor(input).shape();
        if (weights == null) {
            return node.integers("kernel_shape").orElseThrow(() -> node.unsupported("the rank of the weights is not known"));
        }
        if (weights.rank() < 2) {
            throw node.invalid("the weights must have at least 2 dimensions, are " + weights);
        }
        List<Long> kernel = new ArrayList<>();
        for (Dim dim : weights.dims().subList(2, weights.rank())) {
            kernel.add(dim.isConstant() ? dim.size() : -1);
        }
        List<Long> declared = node.integers("kernel_shape").orElse(kernel);
        for (int i = 0; i < kernel.size(); i++) {
            if (declared.size() != kernel.size() || kernel.get(i) >= 0 && !kernel.get(i).equals(declared.get(i))) {
                throw node.invalid("attribute 'kernel_shape' is " + declared + ", the weights are " + weights);
            }
        }
        return declared;
    }

    private static SpatialAttributes resolve(OnnxNode node, List<Long> kernel) {
        int rank = kernel.size();
        List<Long> strides = perAxis(node, "strides", rank, 1);
        List<Long> dilations = perAxis(node, "dilations", rank, 1);
        List<Long> begin = new ArrayList<>();
        List<Long> end = new ArrayList<>();
        String mode = node.string("auto_pad", "NOTSET");
        switch (mode) {
            case "NOTSET", "" -> {
                List<Long> pads = perAxis(node, "pads", 2 * rank, 0);
                begin.addAll(pads.subList(0, rank));
                end.addAll(pads.subList(rank, 2 * rank));
            }
            case "VALID" -> {
                begin.addAll(Collections.nCopies(rank, 0L));
                end.addAll(Collections.nCopies(rank, 0L));
            }
            case "SAME_UPPER", "SAME_LOWER" -> {
                for (int i = 0; i < rank; i++) {
                    long total = samePadding(node, i, kernel.get(i), strides.get(i), dilations.get(i));
                    long smaller = total / 2;
                    begin.add(mode.equals("SAME_UPPER") ? smaller : total - smaller);
                    end.add(mode.equals("SAME_UPPER") ? total - smaller : smaller);
                }
            }
            default -> throw node.invalid("attribute 'auto_pad' has the unknown value '" + mode + "'");
        }
        return new SpatialAttributes(kernel, strides, dilations, begin, end);
    }

    private static long samePadding(OnnxNode node, int axis, long kernel, long stride, long dilation) {
        if (kernel < 0) {
            throw node.unsupported("auto_pad needs the kernel's size, which is not known when the model is read");
        }
        if (stride < 1) {
            throw node.invalid("strides must be positive");
        }
        long reach = (kernel - 1) * dilation + 1;
        if (stride == 1) {
            return reach - 1;
        }
        Dim size = node.rank(0) > axis + 2 ? node.tensor(0).shape().dim(axis + 2) : Dim.of(0);
        if (!size.isConstant()) {
            throw node.unsupported("auto_pad with stride " + stride + " needs the size of spatial axis " + axis
                    + ", which is not known when the model is read");
        }
        long positions = (size.size() + stride - 1) / stride;
        return Math.max(0, (positions - 1) * stride + reach - size.size());
    }

    /** A list attribute with one entry for each axis, {@code otherwise} where it is not given. */
    static List<Long> perAxis(OnnxNode node, String attribute, int count, long otherwise) {
        List<Long> values = node.integers(attribute).filter(v -> !v.isEmpty()).orElse(Collections.nCopies(count, otherwise));
        if (values.size() != count) {
            throw node.invalid("attribute '" + attribute + "' must have " + count + " entries, has " + values.size());
        }
        return values;
    }
}
