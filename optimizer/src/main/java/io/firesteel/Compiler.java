package io.firesteel;

import io.firesteel.graph.Graph;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Layers;
import io.firesteel.plan.Plan;
import io.firesteel.processing.Processing;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Turns a network into a plan. */
public final class Compiler {

    private Compiler() { }

    /** Compiles an imported model. */
    public static Plan compile(OnnxModel model, CompileOptions options) {
        return compile(model.graph(), options, Map.of("producer", model.producer(), "opset", Long.toString(model.opset())));
    }

    /** Compiles a network defined in Java. */
    public static Plan compile(Graph graph, CompileOptions options) {
        return compile(graph, options, Map.of());
    }

    private static Plan compile(Graph graph, CompileOptions options, Map<String, String> origin) {
        Firings firings = new Firings();
        Graph processed = Processing.around(sized(graph, options.dims()), options.preprocessing(), options.postprocessing());
        Graph optimized = options.optimize() ? Pipelines.plan(processed, firings) : processed;
        Map<String, String> provenance = new TreeMap<>(origin);
        provenance.put("precision", options.precision().label());
        return new Plan(options.name(), optimized, options.precision(), provenance, firings.counts(), Layers.count(processed),
                options.postprocessing().labels(), "");
    }

    private static Graph sized(Graph graph, Map<String, Long> dims) {
        Set<String> symbols = graph.inputs().stream().map(graph::type)
                .filter(type -> type instanceof TensorType tensor && tensor.hasRank())
                .flatMap(type -> ((TensorType) type).shape().dims().stream())
                .filter(dim -> !dim.isConstant()).map(Dim::symbol).collect(Collectors.toCollection(TreeSet::new));
        dims.forEach((name, size) -> {
            if (!symbols.contains(name)) {
                throw FiresteelException.user("DIMENSION_UNKNOWN", "there is no dimension '" + name + "' to give a size to; the inputs have "
                        + (symbols.isEmpty() ? "fixed sizes only" : String.join(", ", symbols)));
            }
            if (size < 1) {
                throw FiresteelException.user("DIMENSION_INVALID", "dimension '" + name + "' cannot have the size " + size
                        + ": give a whole number of at least 1");
            }
        });
        return dims.isEmpty() ? graph : graph.bind(dims);
    }
}
