package io.firesteel.graph;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An immutable network: inputs, constants, nodes in topological order, outputs, and the type of every value.
 *
 * <p>Graphs are made by {@link GraphBuilder}, which infers and checks every type, and changed only by applying a
 * {@link Patch}. The body of a loop or conditional is a graph too; what it uses of the outside is among its inputs.
 */
public final class Graph {

    /**
     * A named result.
     *
     * @param name what the user calls it
     * @param value the value it shows
     */
    public record Output(String name, String value) { }

    private final String name;
    private final List<String> inputs;
    private final List<Output> outputs;
    private final List<Node> nodes;
    private final Map<String, Tensor> constants;
    private final Map<String, ValueType> types;
    private final Map<String, List<Dim>> shapeValues;
    private final Map<String, Node> producers = new HashMap<>();
    private final Map<String, List<Node>> consumers = new HashMap<>();
    private final Map<String, Integer> positions = new HashMap<>();

    Graph(String name, List<String> inputs, List<Output> outputs, List<Node> nodes, Map<String, Tensor> constants,
            Map<String, ValueType> types, Map<String, List<Dim>> shapeValues) {
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        this.nodes = List.copyOf(nodes);
        this.constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
        this.types = Map.copyOf(types);
        this.shapeValues = Map.copyOf(shapeValues);
        for (Node node : nodes) {
            positions.put(node.name(), positions.size());
            for (String output : node.outputs()) {
                producers.put(output, node);
            }
            for (String input : Set.copyOf(node.inputs())) {
                consumers.computeIfAbsent(input, k -> new ArrayList<>()).add(node);
            }
        }
    }

    public String name() {
        return name;
    }

    /** Names of the inputs, in order. */
    public List<String> inputs() {
        return inputs;
    }

    /** The results, in order. */
    public List<Output> outputs() {
        return outputs;
    }

    /** The nodes in topological order. */
    public List<Node> nodes() {
        return nodes;
    }

    /** Where a node of this graph stands in {@link #nodes()}. */
    public int position(Node node) {
        return positions.get(node.name());
    }

    boolean hasNode(String nodeName) {
        return positions.containsKey(nodeName);
    }

    /** All constants by value name, in the order they were added. */
    public Map<String, Tensor> constants() {
        return constants;
    }

    /** The names of all values that have a type: inputs, constants and node outputs. */
    public Set<String> values() {
        return types.keySet();
    }

    /** The type of a value. */
    public ValueType type(String value) {
        ValueType type = types.get(value);
        if (type == null) {
            throw new IllegalArgumentException("graph " + name + " has no value '" + value + "'");
        }
        return type;
    }

    /** The type of a value that is a tensor. */
    public TensorType tensor(String value) {
        return (TensorType) type(value);
    }

    /** The value of a constant, or empty for anything else. */
    public Optional<Tensor> constant(String value) {
        return Optional.ofNullable(constants.get(value));
    }

    /** The elements of a small integer value as dimensions, where type inference found them; constants included. */
    public Optional<List<Dim>> shapeValue(String value) {
        return Optional.ofNullable(shapeValues.get(value));
    }

    /** The node that makes a value, or empty for inputs and constants. */
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    /** The nodes that read a value, each once, in topological order. */
    public List<Node> consumers(String value) {
        return consumers.getOrDefault(value, List.of());
    }

    /** Whether a value is shown as a result. */
    public boolean isOutput(String value) {
        return outputs.stream().anyMatch(o -> o.value().equals(value));
    }

    /** Whether exactly one node reads a value, in one place, and it is not a result. */
    public boolean hasOneUse(String value) {
        List<Node> users = consumers(value);
        return users.size() == 1 && !isOutput(value)
                && users.get(0).inputs().stream().filter(value::equals).count() == 1;
    }

    /** Whether it has a node or a constant that no result depends on. */
    public boolean hasUnused() {
        for (Node node : nodes) {
            if (node.outputs().stream().allMatch(this::isUnused)) {
                return true;
            }
        }
        return constants.keySet().stream().anyMatch(this::isUnused);
    }

    private boolean isUnused(String value) {
        return value.isEmpty() || consumers(value).isEmpty() && !isOutput(value);
    }

    /** The same network with symbolic dimensions given sizes, all types inferred anew. */
    public Graph bind(Map<String, Long> sizes) {
        GraphBuilder builder = new GraphBuilder(name);
        for (String input : inputs) {
            ValueType type = type(input);
            builder.input(input, type instanceof TensorType t && t.hasRank() ? bound(input, t, sizes) : type);
        }
        constants.forEach(builder::constant);
        nodes.forEach(builder::add);
        outputs.forEach(o -> builder.output(o.name(), o.value()));
        return builder.build();
    }

    private static TensorType bound(String input, TensorType type, Map<String, Long> sizes) {
        try {
            return type.withShape(type.shape().bind(sizes));
        } catch (ArithmeticException e) {
            throw FiresteelException.user("INPUT_SHAPE", "input '" + input + "' of type " + type + " has no size for " + sizes);
        }
    }

    @Override
    public String toString() {
        return GraphPrinter.print(this);
    }
}
