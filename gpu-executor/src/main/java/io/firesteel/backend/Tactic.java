package io.firesteel.backend;

import io.firesteel.plan.Precision;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** One way to compute one layer: what it reads and writes, and how to make its kernel. Immutable. */
public interface Tactic {

    /** Code of the error of {@link #prepare} where a library turns out not to support what it was asked for; another tactic is taken. */
    String UNSUPPORTED = "TACTIC_UNSUPPORTED";

    /** Its name in tactic tables and listings: stable for the same layer, device and library versions. */
    String name();

    /**
     * The layout of each input, standing alone. Null for absent inputs, and for constants that the kernel prepares for itself;
     * a constant with a layout is given to the kernel as any other input.
     */
    List<TensorLayout> inputs();

    /** The layout of each output, standing alone; null for unused ones. */
    List<TensorLayout> outputs();

    /** The precision it computes in. */
    default Precision precision() {
        return Precision.FP32;
    }

    /**
     * Estimated cost, in bytes of memory traffic that would take as long; compared with that of other tactics of the layer and
     * of the layout conversions they need. Zero where tactics do not differ.
     */
    default double cost() {
        return 0;
    }

    /** The input whose memory already is output 0, so that there is nothing to compute; then {@link #prepare} is not called. */
    default OptionalInt viewOf() {
        return OptionalInt.empty();
    }

    /** The inputs in whose memory output 0 may be computed; each has output 0's size in memory. At most one is taken. */
    default Set<Integer> inPlaceInputs() {
        return Set.of();
    }

    /** Whether input {@code index} may be a channel slice of a larger tensor. */
    default boolean readsSlice(int index) {
        return false;
    }

    /** Whether output {@code index} may be a channel slice of a larger tensor; then it writes no padding. */
    default boolean writesSlice(int index) {
        return false;
    }

    /**
     * Makes the kernel; slow. Called once for each engine, layer and batch bucket.
     *
     * @param operands where the layouts were settled
     * @param constants the engine's prepared constants, shared by all its kernels
     * @throws io.firesteel.FiresteelException with the code {@link #UNSUPPORTED}
     */
    Kernel prepare(Operands operands, Constants constants);
}
