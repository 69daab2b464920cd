package io.firesteel.backend;

import io.firesteel.tensor.Tensor;

/** An engine's constants in device memory, each form of each made once and shared by all kernels, sessions and buckets. */
public interface Constants {

    /** Fills the device memory of one prepared constant. */
    @FunctionalInterface
    interface Preparation {

        /**
         * @param source host address of the row-major little-endian elements, valid during the call; 64-byte aligned
         * @param target device address of the memory to fill
         */
        void prepare(long source, long target);
    }

    /**
     * A constant in a form of the backend's own, such as weights reordered for a kernel.
     *
     * @param constant the elements; identity matters, not content
     * @param form what distinguishes this form from others of the same constant, compared by {@code equals}
     * @param bytes size of the prepared form
     * @param preparation called at most once for each constant and form
     * @return the device address, 64-byte aligned, valid while the engine is open
     */
    long prepared(Tensor constant, Object form, long bytes, Preparation preparation);

    /** A constant as it is: row-major, its own element type. */
    long linear(Tensor constant);

    /** What the kernel that is being made may time of its own alternatives; nothing where it is made to be used. */
    default Trials trials() {
        return Trials.NONE;
    }

    /** What was settled on among the alternatives of kernels. */
    default Configurations configurations() {
        return Configurations.NONE;
    }
}
