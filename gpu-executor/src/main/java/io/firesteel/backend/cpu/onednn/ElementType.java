package io.firesteel.backend.cpu.onednn;

import org.bytedeco.dnnl.global.dnnl;

/** An element type that oneDNN computes with. */
public enum ElementType {
    /** IEEE single precision. */
    F32(4),
    /** Brain floating point: the upper half of a single. */
    BF16(2),
    /** Signed 32-bit integer. */
    S32(4),
    /** Signed 8-bit integer. */
    S8(1),
    /** Unsigned 8-bit integer. */
    U8(1);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    int code() {
        return switch (this) {
            case F32 -> dnnl.dnnl_f32;
            case BF16 -> dnnl.dnnl_bf16;
            case S32 -> dnnl.dnnl_s32;
            case S8 -> dnnl.dnnl_s8;
            case U8 -> dnnl.dnnl_u8;
        };
    }
}
