package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Quantization;
import io.firesteel.op.Quantized;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Precision;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A plan's graph as one device computes it at all batch sizes: the quantized layers that it has integer kernels for in integers,
 * the others, and what else is stored quantized, on real numbers.
 */
public final class SettledGraph {

    private final Graph graph;
    private final Map<String, Long> knownSizes;
    private final Bucket knownBucket;

    private SettledGraph(Graph graph, Map<String, Long> knownSizes, Bucket knownBucket) {
        this.graph = graph;
        this.knownSizes = knownSizes;
        this.knownBucket = knownBucket;
    }

    /**
     * Decides which quantized layers a device computes in integers.
     *
     * @param graph a plan's graph
     * @param sizes of its symbolic dimensions, as one program will have them
     * @param device where it is to run
     * @param precision the lowest precision permitted
     */
    public static SettledGraph of(Graph graph, Map<String, Long> sizes, Backend device, Precision precision) {
        if (graph.nodes().stream().noneMatch(n -> n.operator() instanceof Quantized
                || n.operator() instanceof Quantization.DequantizeLinear)) {
            return new SettledGraph(graph, Map.of(), null);
        }
        Bucket bucket = Bucket.of(graph, sizes);
        Set<String> refused = bucket.graph().nodes().stream()
                .filter(n -> n.operator() instanceof Quantized && !bucket.isOffered(n, device, precision)).map(Node::name)
                .collect(Collectors.toSet());
        Graph settled = Pipelines.device(graph, refused);
        return new SettledGraph(settled, sizes, settled == graph ? bucket : null);
    }

    /** The graph with these sizes of its symbolic dimensions, simplified. */
    public Bucket bucket(Map<String, Long> sizes) {
        return knownBucket != null && sizes.equals(knownSizes) ? knownBucket : Bucket.of(graph, sizes);
    }
}
