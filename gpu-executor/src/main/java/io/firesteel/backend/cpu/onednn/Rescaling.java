package io.firesteel.backend.cpu.onednn;

import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.global.dnnl;

/**
 * A number or vector by which a primitive turns quantized elements into real ones and back:
 * {@code real = (quantized - zero point) * scale}. It becomes an argument of the primitive, after the operands of its binary
 * post-operations.
 *
 * @param kind what it is
 * @param operand whose
 * @param mask the operand's axes along which it varies, as bits; 0 for one number
 * @param count how many numbers
 */
public record Rescaling(Kind kind, Operand operand, int mask, long count) {

    /** Kinds of numbers. */
    public enum Kind {
        /** fp32 factors. */
        SCALE,
        /** int32 zero points. */
        ZERO_POINT
    }

    /** Operands of a primitive. */
    public enum Operand {
        /** What is read. */
        SOURCE,
        /** The second of two that are read. */
        SECOND_SOURCE,
        /** The constant operand. */
        WEIGHTS,
        /** What is written. */
        DESTINATION;

        private int index() {
            return switch (this) {
                case SOURCE -> dnnl.DNNL_ARG_SRC;
                case SECOND_SOURCE -> dnnl.DNNL_ARG_SRC_1;
                case WEIGHTS -> dnnl.DNNL_ARG_WEIGHTS;
                case DESTINATION -> dnnl.DNNL_ARG_DST;
            };
        }
    }

    void apply(dnnl_primitive_attr attr) {
        OneDnn.check(kind == Kind.SCALE ? dnnl.dnnl_primitive_attr_set_scales_mask(attr, operand.index(), mask)
                : dnnl.dnnl_primitive_attr_set_zero_points_mask(attr, operand.index(), mask), "a scale or zero point");
    }

    Primitive.Argument argument() {
        return new Primitive.Argument((kind == Kind.SCALE ? dnnl.DNNL_ARG_ATTR_SCALES : dnnl.DNNL_ARG_ATTR_ZERO_POINTS)
                | operand.index(), MemoryDesc.rowMajor(kind == Kind.SCALE ? ElementType.F32 : ElementType.S32, count));
    }
}
