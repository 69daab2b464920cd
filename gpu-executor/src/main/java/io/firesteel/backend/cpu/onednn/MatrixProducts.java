package io.firesteel.backend.cpu.onednn;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Matrix products. Arguments: source, weights, bias where there is one, destination. */
public final class MatrixProducts {

    private MatrixProducts() {}

    /**
     * A batch of products [..., M, K] x [..., K, N]; batch dimensions are equal or 1, strides are free, all of one rank.
     *
     * @param weights "any" where they are constant, so that oneDNN chooses its layout
     * @param bias rank of the destination, each dimension 1 or the destination's; or null
     */
    public static Primitive matmul(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            List<PostOp> postOps) {
        return matmul(source, weights, bias, destination, postOps, List.of());
    }

    /** As above, between quantized tensors; the bias is real. */
    public static Primitive matmul(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            List<PostOp> postOps, List<Rescaling> rescalings) {
        return Primitive.createRescaled("matmul", Convolutions.arguments(source, weights, bias, destination), postOps, rescalings,
                (pd, engine, attr, scope) -> dnnl.dnnl_matmul_primitive_desc_create(pd, engine, source.toNative(scope),
                        weights.toNative(scope), Convolutions.nativeOrNull(bias, scope), destination.toNative(scope), attr));
    }

    /**
     * A fully connected layer [N, I...] x [O, I...] transposed.
     *
     * @param bias [O], or null
     */
    public static Primitive innerProduct(MemoryDesc source, MemoryDesc weights, MemoryDesc bias, MemoryDesc destination,
            List<PostOp> postOps) {
        return Primitive.create("inner product", Convolutions.arguments(source, weights, bias, destination), postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_inner_product_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, source.toNative(scope), weights.toNative(scope),
                        Convolutions.nativeOrNull(bias, scope), destination.toNative(scope), attr));
    }
}
