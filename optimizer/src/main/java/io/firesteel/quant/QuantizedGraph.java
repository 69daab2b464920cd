package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.Node;
import io.firesteel.op.Operator;
import io.firesteel.op.Quantization;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph being written anew with the quantization and dequantization of values between its nodes, in the order of its nodes.
 * Each reader has a dequantization of its own.
 */
final class QuantizedGraph {

    private final Graph graph;
    private final GraphBuilder builder;
    private final Set<String> nodeNames = new HashSet<>();
    private final Map<String, String> quantized = new HashMap<>();
    private final Map<String, String> scaleConstants = new HashMap<>();

    QuantizedGraph(Graph graph) {
        this.graph = graph;
        builder = new GraphBuilder(graph.name());
        graph.inputs().forEach(input -> builder.input(input, graph.type(input)));
        graph.constants().forEach(builder::constant);
        graph.nodes().forEach(node -> nodeNames.add(node.name()));
    }

    /** Adds a node that reads other values. */
    void add(Node node, List<String> inputs) {
        builder.add(new Node(node.name(), node.operator(), inputs, node.outputs(), node.origins()));
    }

    /** Adds a constant and returns its name. */
    String constant(String hint, Tensor tensor) {
        return builder.constant(freshValue(hint), tensor);
    }

    /** The real numbers that the bytes of a value stand for. */
    String requantized(String value, float scale) {
        String scaleName = scaleConstants.computeIfAbsent(value,
                v -> constant(v + "/scale", Tensor.floats(new long[0], scale)));
        String bytes = quantized.get(value);
        if (bytes == null) {
            bytes = emit(value + "/quantized", new Quantization.QuantizeLinear(DataType.INT8, 0, 0, DataType.FLOAT32), value, scaleName);
            quantized.put(value, bytes);
        }
        return emit(value + "/dequantized", new Quantization.DequantizeLinear(DataType.FLOAT32, 0, 0), bytes, scaleName);
    }

    /** The real numbers that the bytes of a constant stand for. */
    String dequantized(String name, WeightQuantization weights, int axis) {
        String key = name + "/int8/" + axis;
        String values = quantized.computeIfAbsent(key, k -> constant(name + "/int8", weights.values()));
        String scales = scaleConstants.computeIfAbsent(key, k -> constant(name + "/scale", weights.scales()));
        return emit(name + "/dequantized", new Quantization.DequantizeLinear(DataType.FLOAT32, Math.max(axis, 0), 0), values, scales);
    }

    private String emit(String hint, Operator operator, String... inputs) {
        String value = freshValue(hint);
        String name = value + "/" + operator.name();
        for (int i = 1; !nodeNames.add(name); i++) {
            name = value + "/" + operator.name() + "_" + i;
        }
        builder.add(new Node(name, operator, new ArrayList<>(List.of(inputs)), List.of(value), List.of()));
        return value;
    }

    private String freshValue(String hint) {
        String candidate = hint;
        for (int i = 1; graph.values().contains(candidate) || builder.isDefined(candidate); i++) {
            candidate = hint + "_" + i;
        }
        return candidate;
    }

    Graph build() {
        graph.outputs().forEach(output -> builder.output(output.name(), output.value()));
        return builder.build();
    }
}
