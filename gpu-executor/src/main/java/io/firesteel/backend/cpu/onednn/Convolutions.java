package io.firesteel.backend.cpu.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.global.dnnl;

/** Convolutions in one to three spatial dimensions. Arguments: source, weights, bias where there is one, destination. */
public final class Convolutions {

    private Convolutions() {}

    /**
     * A convolution, grouped where the weights have one dimension more than the source.
     *
     * @param weights [O, I, k...] or [groups, O / groups, I / groups, k...]; "any" lets oneDNN choose its layout
     * @param bias [O] in fp32, or null
     */
    public static Primitive forward(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            Window window, List<PostOp> postOps) {
        return forward(source, weights, bias, destination, window, postOps, List.of());
    }

    /** As above, between quantized tensors; the bias is real. */
    public static Primitive forward(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            Window window, List<PostOp> postOps, List<Rescaling> rescalings) {
        return Primitive.createRescaled("convolution", arguments(source, weights, bias, destination), postOps, rescalings,
                (pd, engine, attr, scope) -> dnnl.dnnl_convolution_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, dnnl.dnnl_convolution_direct, source.toNative(scope),
                        weights.toNative(scope), nativeOrNull(bias, scope), destination.toNative(scope), window.strides(),
                        window.gaps(), window.padBegin(), window.padEnd(), attr));
    }

    /**
     * A transposed convolution. The destination's size is the caller's: (size - 1) * stride + dilated kernel - padding.
     *
     * @param weights [O, I, k...] or [groups, O / groups, I / groups, k...]: ONNX's first two dimensions exchanged
     * @param bias [O] in fp32, or null
     */
    public static Primitive transposed(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            Window window, List<PostOp> postOps) {
        return transposed(source, weights, bias, destination, window, postOps, List.of());
    }

    /** As above, between quantized tensors; the bias is real. */
    public static Primitive transposed(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            Window window, List<PostOp> postOps, List<Rescaling> rescalings) {
        return Primitive.createRescaled("transposed convolution", arguments(source, weights, bias, destination), postOps, rescalings,
                (pd, engine, attr, scope) -> dnnl.dnnl_deconvolution_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, dnnl.dnnl_deconvolution_direct, source.toNative(scope),
                        weights.toNative(scope), nativeOrNull(bias, scope), destination.toNative(scope), window.strides(),
                        window.gaps(), window.padBegin(), window.padEnd(), attr));
    }

    static List<Primitive.Argument> arguments(MemoryDesc source, MemoryDesc weights, MemoryDesc bias,
            MemoryDesc destination) {
        List<Primitive.Argument> arguments = new ArrayList<>();
        arguments.add(new Primitive.Argument(dnnl.DNNL_ARG_SRC, source));
        arguments.add(new Primitive.Argument(dnnl.DNNL_ARG_WEIGHTS, weights));
        if (bias != null) {
            arguments.add(new Primitive.Argument(dnnl.DNNL_ARG_BIAS, bias));
        }
        arguments.add(new Primitive.Argument(dnnl.DNNL_ARG_DST, destination));
        return arguments;
    }

    static dnnl_memory_desc nativeOrNull(MemoryDesc desc, NativeScope scope) {
        return desc == null ? null : desc.toNative(scope);
    }
}
