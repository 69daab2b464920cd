package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Layer;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Lowers graphs to programs. */
public final class Lowering {

    private Lowering() { }

    /**
     * Takes the normalization of images of bytes into the convolutions that read them where the device has kernels for that,
     * so that the normalized image never reaches memory.
     *
     * @param graph a plan's graph with its sizes bound
     * @param device where it is to run
     * @param precision the lowest precision permitted
     */
    public static Graph fuseNormalization(Graph graph, Backend device, Precision precision) {
        Graph fused = Pipelines.normalized(graph);
        return fused.nodes().stream().filter(n -> n.operator() instanceof NormalizedConvolution)
                .allMatch(n -> isOffered(fused, n, device, precision)) ? fused : graph;
    }

    /** Whether a device has a kernel for a node of a graph whose sizes are bound. */
    static boolean isOffered(Graph bound, Node node, Backend device, Precision precision) {
        return Stream.concat(node.inputs().stream(), node.outputs().stream()).filter(v -> !v.isEmpty())
                .allMatch(v -> bound.type(v) instanceof TensorType type && type.isStatic())
                && !device.offer(new Layer(bound, node, device.precision(precision))).tactics().isEmpty();
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
        return lower(graph, backends, new PermittedPrecision(precision, Map.of()), costs);
    }

    /**
     * Lowers a graph in which some layers must not be computed in the lowest precision.
     *
     * @param precision what is permitted to each layer
     * @param costs what tactics cost, asked where a layer has several
     */
    public static Program lower(Graph graph, List<Backend> backends, PermittedPrecision precision, TacticCosts costs) {
        Map<String, Choice> choices = TacticSelection.select(graph, backends, precision, costs);
        ConcatElimination concats = ConcatElimination.of(graph, choices);
        return new StepBuilder(graph, choices, concats, backends.get(0)).build();
    }
}
