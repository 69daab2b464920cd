package io.firesteel.lowering;

import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.Tensor;

/** Where a step finds an input or leaves an output. */
public sealed interface Operand {

    /** An absent input, an unused output, or a constant that the kernel holds itself. */
    Operand NONE = new None();

    /** See {@link #NONE}. */
    record None() implements Operand { }

    /**
     * A tensor in the session's arena.
     *
     * @param offset byte offset of its first element
     * @param layout how it lies there
     */
    record InArena(long offset, TensorLayout layout) implements Operand { }

    /**
     * A constant in the engine's memory.
     *
     * @param tensor its elements
     * @param layout how the step wants them
     */
    record InConstants(Tensor tensor, TensorLayout layout) implements Operand { }

    /**
     * A value in the session's table of host values, because its size is known only when it is computed.
     *
     * @param slot index in the table
     */
    record InHost(int slot) implements Operand { }
}
