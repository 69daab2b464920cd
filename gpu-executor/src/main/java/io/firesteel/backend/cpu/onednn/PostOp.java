package io.firesteel.backend.cpu.onednn;

import java.util.List;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.global.dnnl;

/** An operation that a primitive applies to its result before it stores it. */
public sealed interface PostOp {

    /**
     * Adds what the destination held before: the residual, in place.
     *
     * @param scale by which it is multiplied
     */
    record Sum(float scale) implements PostOp {

        /** Adds it as it is. */
        public Sum() {
            this(1);
        }
    }

    /** Applies a unary function. */
    record Apply(Activation activation) implements PostOp {}

    /**
     * Combines with a further tensor, which becomes an argument of the primitive.
     *
     * @param function the function; the primitive's result is its first operand
     * @param operand same rank as the destination, each dimension equal to the destination's or 1
     */
    record Binary(BinaryFunction function, MemoryDesc operand) implements PostOp {}

    /** Attributes with these post-operations and the scratchpad owned by the caller. */
    static dnnl_primitive_attr attributes(List<PostOp> postOps, NativeScope scope) {
        dnnl_primitive_attr attr = new dnnl_primitive_attr();
        OneDnn.check(dnnl.dnnl_primitive_attr_create(attr), "dnnl_primitive_attr_create");
        scope.own(attr, dnnl::dnnl_primitive_attr_destroy);
        // The library's own scratchpad belongs to the creating thread: run from another, results are silently wrong.
        OneDnn.check(dnnl.dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl.dnnl_scratchpad_mode_user), "scratchpad mode");
        if (!postOps.isEmpty()) {
            dnnl_post_ops ops = new dnnl_post_ops();
            OneDnn.check(dnnl.dnnl_post_ops_create(ops), "dnnl_post_ops_create");
            scope.own(ops, dnnl::dnnl_post_ops_destroy);
            for (PostOp op : postOps) {
                OneDnn.check(append(ops, op, scope), "a post-operation");
            }
            OneDnn.check(dnnl.dnnl_primitive_attr_set_post_ops(attr, ops), "dnnl_primitive_attr_set_post_ops");
        }
        return attr;
    }

    private static int append(dnnl_post_ops ops, PostOp op, NativeScope scope) {
        if (op instanceof Apply apply) {
            Activation a = apply.activation();
            return dnnl.dnnl_post_ops_append_eltwise(ops, a.kind().code(), a.alpha(), a.beta());
        }
        if (op instanceof Binary binary) {
            return dnnl.dnnl_post_ops_append_binary(ops, binary.function().code(), binary.operand().toNative(scope));
        }
        return dnnl.dnnl_post_ops_append_sum(ops, ((Sum) op).scale(), 0, dnnl.dnnl_data_type_undef);
    }
}
