package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Kernel;

/**
 * What kernels are generated for.
 *
 * @param loader compiles and loads
 */
record KernelTarget(Loader loader) {

    /** Makes kernels of generated sources. */
    @FunctionalInterface
    interface Loader {
        Kernel load(String name, KernelSequence sequence);
    }
}
