package io.firesteel.backend.cpu.onednn;

import org.bytedeco.dnnl.global.dnnl;

/** A binary function of oneDNN. */
public enum BinaryFunction {
    /** a + b. */
    ADD,
    /** a * b. */
    MUL,
    /** max(a, b). */
    MAX,
    /** min(a, b). */
    MIN,
    /** a / b. */
    DIV,
    /** a - b. */
    SUB;

    int code() {
        return switch (this) {
            case ADD -> dnnl.dnnl_binary_add;
            case MUL -> dnnl.dnnl_binary_mul;
            case MAX -> dnnl.dnnl_binary_max;
            case MIN -> dnnl.dnnl_binary_min;
            case DIV -> dnnl.dnnl_binary_div;
            case SUB -> dnnl.dnnl_binary_sub;
        };
    }
}
