package io.firesteel;

import io.firesteel.plan.Precision;
import io.firesteel.processing.Postprocessing;
import io.firesteel.processing.Preprocessing;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How a model is compiled.
 *
 * @param name the plan's name in listings
 * @param precision the lowest precision the plan permits
 * @param optimize whether the network is rewritten; false keeps it as imported, for comparison
 * @param preprocessing what is done to inputs, one for each input concerned
 * @param postprocessing what is done to the first output
 * @param dims sizes for symbolic dimensions of the inputs, by name, which are fixed from then on
 */
public record CompileOptions(String name, Precision precision, boolean optimize, List<Preprocessing> preprocessing,
        Postprocessing postprocessing, Map<String, Long> dims) {

    public CompileOptions {
        Objects.requireNonNull(name);
        Objects.requireNonNull(precision);
        Objects.requireNonNull(postprocessing);
        preprocessing = List.copyOf(preprocessing);
        dims = Map.copyOf(dims);
    }

    /** Options without processing. */
    public CompileOptions(String name, Precision precision, boolean optimize) {
        this(name, precision, optimize, List.of(), Postprocessing.NONE, Map.of());
    }

    /** An optimized plan of the given name and precision. */
    public static CompileOptions of(String name, Precision precision) {
        return new CompileOptions(name, precision, true);
    }

    /** The same options with processing around the network. */
    public CompileOptions with(List<Preprocessing> before, Postprocessing after) {
        return new CompileOptions(name, precision, optimize, before, after, dims);
    }

    /** The same options with sizes for symbolic dimensions. */
    public CompileOptions withDims(Map<String, Long> sizes) {
        return new CompileOptions(name, precision, optimize, preprocessing, postprocessing, sizes);
    }
}
