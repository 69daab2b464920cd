package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.graph.Graph;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Precision;
import java.util.List;
import java.util.Map;

/** Lowers graphs to programs. */
public final class Lowering {

    private Lowering() { }

    /**
     * Takes the normalization of images of bytes into the convolutions that read them where the device has kernels for that,
     * so that the normalized image never reaches memory.
     *
     * @param bucket a plan's graph with its sizes bound
     * @param device where it is to run
     * @param precision the lowest precision permitted
     */
    public static Bucket fuseNormalization(Bucket bucket, Backend device, Precision precision) {
        Graph graph = Pipelines.normalized(bucket.graph());
        Bucket fused = graph == bucket.graph() ? bucket : new Bucket(graph);
        return graph.nodes().stream().filter(n -> n.operator() instanceof NormalizedConvolution)
                .allMatch(n -> fused.isOffered(n, device, precision)) ? fused : bucket;
    }

    /**
     * Lowers a graph.
     *
     * @param graph a plan's graph with its sizes bound and constants folded; sizes that depend on data may be left
     * @param backends where layers may run, in order of preference
     * @param precision the lowest precision permitted
     */
    public static Program lower(Graph graph, List<Backend> backends, Precision precision) {
        return lower(graph, backends, precision, TacticCosts.ESTIMATED);
    }

    /**
     * Lowers a graph with costs of the caller's.
     *
     * @param costs what tactics cost, asked where a layer has several
     */
    public static Program lower(Graph graph, List<Backend> backends, Precision precision, TacticCosts costs) {
        return lower(new Bucket(graph), backends, new PermittedPrecision(precision, Map.of()), costs);
    }

    /**
     * Lowers a graph in which some layers must not be computed in the lowest precision.
     *
     * @param precision what is permitted to each layer
     * @param costs what tactics cost, asked where a layer has several
     */
    public static Program lower(Bucket bucket, List<Backend> backends, PermittedPrecision precision, TacticCosts costs) {
        Graph graph = bucket.graph();
        Map<String, Choice> choices = TacticSelection.select(bucket, backends, precision, costs);
        ConcatElimination concats = ConcatElimination.of(graph, choices);
        return new StepBuilder(graph, choices, concats, backends.get(0)).build();
    }
}
