package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
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
            try (Primitive reorder = Elementwise.reorder(view, target);
                    NativeMemory scratch = NativeMemory.allocate(reorder.scratchBytes());
                    Execution run = reorder.bind(scratch.address(), source, memory)) {
                run.run();
            }
        });
    }
}
