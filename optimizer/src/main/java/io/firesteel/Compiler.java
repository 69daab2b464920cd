package io.firesteel;

import io.firesteel.graph.Graph;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Layers;
import io.firesteel.plan.Plan;
import io.firesteel.processing.Processing;
import java.util.Map;
import java.util.TreeMap;

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
        Graph processed = Processing.around(graph, options.preprocessing(), options.postprocessing());
        Graph optimized = options.optimize() ? Pipelines.plan(processed, firings) : processed;
        Map<String, String> provenance = new TreeMap<>(origin);
        provenance.put("precision", options.precision().label());
        return new Plan(options.name(), optimized, options.precision(), provenance, firings.counts(), Layers.count(processed),
                options.postprocessing().labels(), "");
    }
}
