package io.firesteel.backend.cpu.onednn;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Pointwise operations and reorders. */
public final class Elementwise {

    private Elementwise() {}

    /** A unary function. Arguments: source, destination, which may be the same memory. */
    public static Primitive unary(Activation activation, MemoryDesc source, MemoryDesc destination, List<PostOp> postOps) {
        return Primitive.create("elementwise " + activation.kind(), Poolings.unary(source, destination), postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_eltwise_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, activation.kind().code(), source.toNative(scope),
                        destination.toNative(scope), activation.alpha(), activation.beta(), attr));
    }

    /** A binary function. Arguments: first and second operand, destination; dimensions of 1 broadcast. */
    public static Primitive binary(BinaryFunction function, MemoryDesc first, MemoryDesc second, MemoryDesc destination,
            List<PostOp> postOps) {
        return binary(function, first, second, destination, postOps, List.of());
    }

    /** As above, of operands that are multiplied by scales first. */
    public static Primitive binary(BinaryFunction function, MemoryDesc first, MemoryDesc second, MemoryDesc destination,
            List<PostOp> postOps, List<Rescaling> rescalings) {
        List<Primitive.Argument> arguments = List.of(new Primitive.Argument(dnnl.DNNL_ARG_SRC_0, first),
                new Primitive.Argument(dnnl.DNNL_ARG_SRC_1, second), new Primitive.Argument(dnnl.DNNL_ARG_DST, destination));
        return Primitive.createRescaled("binary " + function, arguments, postOps, rescalings,
                (pd, engine, attr, scope) -> dnnl.dnnl_binary_primitive_desc_create(pd, engine, function.code(),
                        first.toNative(scope), second.toNative(scope), destination.toNative(scope), attr));
    }

    /** A change of layout or element type, or a copy. Arguments: source, destination. */
    public static Primitive reorder(MemoryDesc source, MemoryDesc destination) {
        List<Primitive.Argument> arguments = List.of(new Primitive.Argument(dnnl.DNNL_ARG_FROM, source),
                new Primitive.Argument(dnnl.DNNL_ARG_TO, destination));
        return Primitive.createAllowingReference("reorder", arguments, List.of(),
                reordering(source, destination));
    }

    /** A change of element type with scales and zero points, by a fast implementation only. */
    public static Primitive rescale(MemoryDesc source, MemoryDesc destination, List<Rescaling> rescalings) {
        List<Primitive.Argument> arguments = List.of(new Primitive.Argument(dnnl.DNNL_ARG_FROM, source),
                new Primitive.Argument(dnnl.DNNL_ARG_TO, destination));
        return Primitive.createRescaled("rescaling reorder", arguments, List.of(), rescalings, reordering(source, destination));
    }

    private static Primitive.DescriptorFactory reordering(MemoryDesc source, MemoryDesc destination) {
        return (pd, engine, attr, scope) -> dnnl.dnnl_reorder_primitive_desc_create(pd, source.toNative(scope), engine,
                destination.toNative(scope), engine, attr);
    }
}
