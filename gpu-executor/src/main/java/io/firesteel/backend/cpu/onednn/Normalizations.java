package io.firesteel.backend.cpu.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Softmax and layer normalization. */
public final class Normalizations {

    private Normalizations() {}

    /**
     * Softmax along one axis. Arguments: source, destination.
     *
     * @param logarithm whether the logarithm of the softmax is wanted
     */
    public static Primitive softmax(boolean logarithm, MemoryDesc source, MemoryDesc destination, int axis,
            List<PostOp> postOps) {
        int algorithm = logarithm ? dnnl.dnnl_softmax_log : dnnl.dnnl_softmax_accurate;
        return Primitive.create("softmax", Poolings.unary(source, destination), postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_softmax_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, algorithm, source.toNative(scope), destination.toNative(scope), axis,
                        attr));
    }

    /**
     * Layer normalization over the last dimension. Arguments: source, destination, scale where asked for, shift where asked
     * for; both of the last dimension's length in fp32.
     */
    public static Primitive layerNormalization(MemoryDesc source, MemoryDesc destination, float epsilon, boolean scale,
            boolean shift, List<PostOp> postOps) {
        return normalization(source, destination, epsilon, scale, shift, dnnl.dnnl_normalization_flags_none, postOps);
    }

    /** As above, by the root of the mean square, with no mean taken off. */
    public static Primitive rootMeanSquareNormalization(MemoryDesc source, MemoryDesc destination, float epsilon, boolean scale) {
        return normalization(source, destination, epsilon, scale, false, dnnl.dnnl_rms_norm, List.of());
    }

    private static Primitive normalization(MemoryDesc source, MemoryDesc destination, float epsilon, boolean scale, boolean shift,
            int kind, List<PostOp> postOps) {
        long[] dims = source.dims();
        MemoryDesc row = MemoryDesc.rowMajor(ElementType.F32, dims[dims.length - 1]);
        List<Primitive.Argument> arguments = new ArrayList<>(Poolings.unary(source, destination));
        int flags = kind;
        if (scale) {
            arguments.add(new Primitive.Argument(dnnl.DNNL_ARG_SCALE, row));
            flags |= dnnl.dnnl_use_scale;
        }
        if (shift) {
            arguments.add(new Primitive.Argument(dnnl.DNNL_ARG_SHIFT, row));
            flags |= dnnl.dnnl_use_shift;
        }
        int allFlags = flags;
        return Primitive.create("layer normalization", arguments, postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_layer_normalization_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, source.toNative(scope), destination.toNative(scope), null, epsilon,
                        allFlags, attr));
    }
}
