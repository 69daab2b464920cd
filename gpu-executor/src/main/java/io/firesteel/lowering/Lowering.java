package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Layer;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.op.Quantization;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lowers graphs to programs. */
public final class Lowering {

    private Lowering() { }

    /**
     * Decides which quantized layers a device computes in integers; the others, and what else is stored quantized, become real
     * numbers, once for all batch sizes.
     *
     * @param graph a plan's graph
     * @param sizes of its symbolic dimensions, as one program will have them
     * @param device where it is to run
     * @param precision the lowest precision permitted
     */
    public static Graph settleQuantization(Graph graph, Map<String, Long> sizes, Backend device, Precision precision) {
        if (graph.nodes().stream().noneMatch(n -> n.operator() instanceof Quantized
                || n.operator() instanceof Quantization.DequantizeLinear)) {
            return graph;
        }
        Graph bound = Pipelines.bucket(graph.bind(sizes));
        Set<String> refused = bound.nodes().stream()
                .filter(n -> n.operator() instanceof Quantized && !isOffered(bound, n, device, precision)).map(Node::name)
                .collect(Collectors.toSet());
        return Pipelines.device(graph, refused);
    }

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

    private static boolean isOffered(Graph bound, Node node, Backend device, Precision precision) {
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
