package io.firesteel.backend.cuda.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Kernel text that is kept in files beside this class. */
final class Prelude {

    /** Element types and functions that every kernel begins with. */
    static final String TEXT = resource("prelude.cu");

    /** Products of small matrices of 16-bit numbers. */
    static final String TENSOR_CORES = resource("tensor_cores.cu");

    private Prelude() { }

    static String resource(String name) {
        try (InputStream stream = Prelude.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("the kernel source " + name + " is missing from the class path");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
