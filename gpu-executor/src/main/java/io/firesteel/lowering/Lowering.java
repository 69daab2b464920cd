package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.graph.Graph;
import io.firesteel.plan.Precision;
import java.util.List;
import java.util.Map;

/** Lowers graphs to programs. */
public final class Lowering {

    private Lowering() { }

    /**
     * Lowers a graph.
     *
     * @param graph a plan's graph with its sizes bound and constants folded; sizes that depend on data may be left
     * @param backends where layers may run, in order of preference
     * @param precision the lowest precision permitted
     */
    public static Program lower(Graph graph, List<Backend> backends, Precision precision) {
        Map<String, Choice> choices = TacticSelection.select(graph, backends, precision);
        ConcatElimination concats = ConcatElimination.of(graph, choices);
        return new StepBuilder(graph, choices, concats, backends.get(0)).build();
    }
}
