package io.firesteel.lowering;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** A graph whose sizes are bound, and what backends offer for its layers: each is asked once. */
public final class Bucket {

    private final Graph graph;
    private final Map<List<Object>, Offer> offers = new ConcurrentHashMap<>();

    /** @param graph with its sizes bound and constants folded; sizes that depend on data may be left */
    public Bucket(Graph graph) {
        this.graph = graph;
    }

    /** A plan's graph with these sizes of its symbolic dimensions, simplified. */
    public static Bucket of(Graph graph, Map<String, Long> sizes) {
        return new Bucket(Pipelines.bucket(graph.bind(sizes)));
    }

    /** The graph. */
    public Graph graph() {
        return graph;
    }

    /** Whether all sizes of a node's inputs and outputs are known, so that it is a layer. */
    boolean isStatic(Node node) {
        return Stream.concat(node.inputs().stream(), node.outputs().stream()).filter(v -> !v.isEmpty())
                .allMatch(v -> graph.type(v) instanceof TensorType type && type.isStatic());
    }

    /**
     * What a backend offers for a node.
     *
     * @param node one of the graph's nodes, {@linkplain #isStatic static}
     * @param precision one that the backend computes in
     */
    Offer offer(Node node, Backend backend, Precision precision) {
        List<Object> question = List.of(node.name(), backend, precision);
        Offer known = offers.get(question);
        if (known == null) {
            known = backend.offer(new Layer(graph, node, precision));
            offers.put(question, known);
        }
        return known;
    }

    /** Whether a backend has a kernel for a node. */
    boolean isOffered(Node node, Backend backend, Precision permitted) {
        return isStatic(node) && !offer(node, backend, backend.precision(permitted)).tactics().isEmpty();
    }
}
