package io.firesteel;

import io.firesteel.plan.Precision;
import java.util.Objects;

/**
 * How a model is compiled.
 *
 * @param name the plan's name in listings
 * @param precision the lowest precision the plan permits
 * @param optimize whether the network is rewritten; false keeps it as imported, for comparison
 */
public record CompileOptions(String name, Precision precision, boolean optimize) {

    public CompileOptions {
        Objects.requireNonNull(name);
        Objects.requireNonNull(precision);
    }

    /** An optimized plan of the given name and precision. */
    public static CompileOptions of(String name, Precision precision) {
        return new CompileOptions(name, precision, true);
    }
}
