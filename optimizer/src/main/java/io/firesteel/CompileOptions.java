package io.firesteel;

import io.firesteel.plan.Precision;
import io.firesteel.processing.Postprocessing;
import io.firesteel.processing.Preprocessing;
import java.util.List;
import java.util.Objects;

/**
 * How a model is compiled.
 *
 * @param name the plan's name in listings
 * @param precision the lowest precision the plan permits
 * @param optimize whether the network is rewritten; false keeps it as imported, for comparison
 * @param preprocessing what is done to inputs, one for each input concerned
 * @param postprocessing what is done to the first output
 */
public record CompileOptions(String name, Precision precision, boolean optimize, List<Preprocessing> preprocessing,
        Postprocessing postprocessing) {

    public CompileOptions {
        Objects.requireNonNull(name);
        Objects.requireNonNull(precision);
        Objects.requireNonNull(postprocessing);
        preprocessing = List.copyOf(preprocessing);
    }

    /** Options without processing. */
    public CompileOptions(String name, Precision precision, boolean optimize) {
        this(name, precision, optimize, List.of(), Postprocessing.NONE);
    }

    /** An optimized plan of the given name and precision. */
    public static CompileOptions of(String name, Precision precision) {
        return new CompileOptions(name, precision, true);
    }

    /** The same options with processing around the network. */
    public CompileOptions with(List<Preprocessing> before, Postprocessing after) {
        return new CompileOptions(name, precision, optimize, before, after);
    }
}
