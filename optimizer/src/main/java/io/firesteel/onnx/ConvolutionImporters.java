package io.firesteel.onnx;

import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.DeformConv;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.Dim;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Importers of Conv, ConvTranspose and DeformConv. */
public final class ConvolutionImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Conv", ConvolutionImporters::convolution);
        registry.add("ConvTranspose", ConvolutionImporters::transpose);
        registry.add("DeformConv", ConvolutionImporters::deformable);
    }

    private static void convolution(OnnxNode n) {
        SpatialAttributes a = SpatialAttributes.ofConvolution(n);
        n.emit(new Convolution(a.strides(), a.dilations(), a.padsBegin(), a.padsEnd(), n.integer("group", 1),
                PointwiseProgram.IDENTITY), n.inputs());
    }

    private static void deformable(OnnxNode n) {
        SpatialAttributes a = SpatialAttributes.ofConvolution(n);
        n.emit(new DeformConv(a.strides(), a.dilations(), a.padsBegin(), a.padsEnd(), n.integer("group", 1),
                n.integer("offset_group", 1)), n.inputs());
    }

    private static void transpose(OnnxNode n) {
        List<Long> kernel = SpatialAttributes.convolutionKernel(n);
        int rank = kernel.size();
        List<Long> strides = SpatialAttributes.perAxis(n, "strides", rank, 1);
        List<Long> dilations = SpatialAttributes.perAxis(n, "dilations", rank, 1);
        List<Long> outputPadding = SpatialAttributes.perAxis(n, "output_padding", rank, 0);
        String mode = n.string("auto_pad", "NOTSET");
        List<Long> begin = new ArrayList<>();
        List<Long> end = new ArrayList<>();
        List<Long> shape = n.integers("output_shape").orElse(List.of());
        boolean same = mode.startsWith("SAME_");
        if (shape.isEmpty() && !same) {
            List<Long> pads = mode.equals("VALID") ? Collections.nCopies(2 * rank, 0L)
                    : SpatialAttributes.perAxis(n, "pads", 2 * rank, 0);
            begin.addAll(pads.subList(0, rank));
            end.addAll(pads.subList(rank, 2 * rank));
        } else {
            if (!shape.isEmpty() && shape.size() != rank) {
                throw n.invalid("attribute 'output_shape' must have " + rank + " entries, has " + shape.size());
            }
            for (int i = 0; i < rank; i++) {
                long total = outputPadding.get(i) + reach(n, kernel.get(i), dilations.get(i)) - strides.get(i);
                if (!shape.isEmpty()) {
                    total += size(n, i) * strides.get(i) - shape.get(i);
                } else {
                    total = Math.max(0, total);
                }
                long half = Math.floorDiv(total, 2L);
                begin.add(mode.equals("SAME_UPPER") ? half : total - half);
                end.add(mode.equals("SAME_UPPER") ? total - half : half);
            }
        }
        n.emit(new ConvolutionTranspose(strides, dilations, begin, end, outputPadding, n.integer("group", 1),
                PointwiseProgram.IDENTITY), n.inputs());
    }

    private static long reach(OnnxNode n, long kernel, long dilation) {
        if (kernel < 0) {
            throw n.unsupported("auto_pad and output_shape need the kernel's size, which is not known when the model is read");
        }
        return (kernel - 1) * dilation + 1;
    }

    private static long size(OnnxNode n, int axis) {
        Dim size = n.tensor(0).shape().dim(axis + 2);
        if (!size.isConstant()) {
            throw n.unsupported("output_shape needs the size of spatial axis " + axis + ", which is not known when the model is read");
        }
        return size.size();
    }
}
