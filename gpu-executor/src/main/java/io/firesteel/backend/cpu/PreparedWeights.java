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

    // Written out, as a record's own are linked with a dozen classes made when they are first used.
    @Override
    public boolean equals(Object other) {
        return other instanceof PreparedWeights that && view.equals(that.view) && target.equals(that.target);
    }

    @Override
    public int hashCode() {
        return 31 * view.hashCode() + target.hashCode();
    }

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
