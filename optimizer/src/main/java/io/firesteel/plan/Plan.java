package io.firesteel.plan;

import io.firesteel.graph.Graph;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An optimized network that does not depend on any machine: what {@link PlanWriter} stores and {@link PlanReader} loads.
 *
 * @param name the model's name, shown in listings
 * @param graph the optimized network, the batch dimension symbolic
 * @param precision the lowest precision permitted
 * @param provenance where it came from: model hash, options, versions; sorted by key, never a time
 * @param rules how often each optimizer rule fired, in the order they ran
 * @param layersBefore layers of the network before optimization
 * @param labels names of the classes an index output stands for, or empty
 * @param fp16Overflows layers that must not be computed in fp16, by the name of their node, with the reason
 * @param hash SHA-256 of the header in lower-case hexadecimal, which covers the weights' hashes; empty until it is written
 */
public record Plan(String name, Graph graph, Precision precision, Map<String, String> provenance, Map<String, Long> rules,
        long layersBefore, List<String> labels, Map<String, String> fp16Overflows, String hash) {

    public Plan {
        fp16Overflows = Collections.unmodifiableMap(new TreeMap<>(fp16Overflows));
        provenance = Collections.unmodifiableMap(new TreeMap<>(provenance));
        rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
        labels = List.copyOf(labels);
    }

    /** A plan all of whose layers may be computed in fp16. */
    public Plan(String name, Graph graph, Precision precision, Map<String, String> provenance, Map<String, Long> rules, long layersBefore,
            List<String> labels, String hash) {
        this(name, graph, precision, provenance, rules, layersBefore, labels, Map.of(), hash);
    }

    /** What it takes and gives. */
    public Signature signature() {
        return Signature.of(graph);
    }

    /** The layers of the optimized network: its nodes that compute. */
    public long layersAfter() {
        return Layers.count(graph);
    }

    /** The same plan, not written yet, with layers that must not be computed in fp16. */
    public Plan withFp16Overflows(Map<String, String> layers) {
        return new Plan(name, graph, precision, provenance, rules, layersBefore, labels, layers, "");
    }

    Plan withHash(String newHash) {
        return new Plan(name, graph, precision, provenance, rules, layersBefore, labels, fp16Overflows, newHash);
    }
}
