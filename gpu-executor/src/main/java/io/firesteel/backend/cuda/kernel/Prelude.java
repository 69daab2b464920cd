package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.cuda.KernelText;

/** Kernel text that is kept in files beside this class. */
final class Prelude {

    /** Element types and functions that every kernel begins with. */
    static final String TEXT = resource("prelude.cu");

    /** Products of small matrices of 16-bit numbers. */
    static final String TENSOR_CORES = resource("tensor_cores.cu");

    private Prelude() { }

    static String resource(String name) {
        return KernelText.of(Prelude.class, name);
    }
}
