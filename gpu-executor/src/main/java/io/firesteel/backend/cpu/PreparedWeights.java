package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.tensor.Tensor;

/**
 * A constant in a primitive's layout.
 *
 * @param view how the primitive sees the row-major constant: sizes and strides of its own
 * @param target the layout the primitive chose
 */
record PreparedWeights(MemoryDesc view, MemoryDesc target) {

    /** The address of the constant in this form, made on first use and shared from then on. */
    long of(Tensor constant, Constants constants) {
        return constants.prepared(constant, this, target.bytes(), (source, memory) -> {
            try (Primitive reorder = Elementwise.reorder(view, target); Execution run = scratch(reorder, source, memory)) {
                run.run();
            }
        });
    }

    private static Execution scratch(Primitive reorder, long source, long memory) {
        if (reorder.scratchBytes() > 0) {
            throw new IllegalStateException(reorder + " needs scratch memory");
        }
        return reorder.bind(0, source, memory);
    }
}
