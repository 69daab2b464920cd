package io.firesteel.graph;

import io.firesteel.FiresteelException;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Defines a network node by node: the public network-definition interface, and what the ONNX importer, the plan reader and
 * patches use. Types are inferred as nodes are added, so a graph that was built is consistent.
 *
 * <pre>{@code
 * GraphBuilder g = new GraphBuilder("mlp");
 * String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(4))));
 * String y = g.add(new Activations.Relu(), x);
 * g.output("y", y);
 * Graph graph = g.build();
 * }</pre>
 */
public final class GraphBuilder {

    /** Integer tensors up to this many elements are followed as shapes. */
    private static final int SHAPE_VALUE_LIMIT = 64;

    private final String name;
    private final List<String> inputs = new ArrayList<>();
    private final List<Graph.Output> outputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Tensor> constants = new LinkedHashMap<>();
    private final Map<String, ValueType> types = new HashMap<>();
    private final Map<String, List<Dim>> shapeValues = new HashMap<>();
    private final Set<String> nodeNames = new LinkedHashSet<>();

    /** @param name the network's name, shown in listings */
    public GraphBuilder(String name) {
        this.name = name;
    }

    /** Adds an input and returns its name. */
    public String input(String value, ValueType type) {
        define(value, type);
        inputs.add(value);
        return value;
    }

    /** Adds a constant under a name of its own and returns the name. */
    public String constant(Tensor tensor) {
        return constant(freshValue("constant"), tensor);
    }

    /** Adds a constant and returns its name. */
    public String constant(String value, Tensor tensor) {
        define(value, tensor.type());
        constants.put(value, tensor);
        if ((tensor.dataType() == DataType.INT64 || tensor.dataType() == DataType.INT32) && tensor.rank() <= 1
                && tensor.elements() <= SHAPE_VALUE_LIMIT) {
            shapeValues.put(value, LongStream.of(tensor.toLongs()).mapToObj(Dim::of).toList());
        }
        return value;
    }

    /** Adds a node with one output and returns the output's name. */
    public String add(Operator operator, String... nodeInputs) {
        return add(operator, 1, nodeInputs).get(0);
    }

    /** Adds a node with several outputs and returns their names. */
    public List<String> add(Operator operator, int outputCount, String... nodeInputs) {
        String nodeName = freshNode(operator.name());
        List<String> made = new ArrayList<>(outputCount);
        for (int i = 0; i < outputCount; i++) {
            made.add(outputCount == 1 ? freshValue(nodeName) : freshValue(nodeName + "_" + i));
        }
        add(new Node(nodeName, operator, Arrays.asList(nodeInputs), made, List.of(nodeName)));
        return made;
    }

    /** Adds a node whose inputs are already defined. */
    public void add(Node node) {
        if (!nodeNames.add(node.name())) {
            throw FiresteelException.atNode("MODEL_INVALID", node.name(), "two nodes are called '" + node.name() + "'");
        }
        for (String input : node.inputs()) {
            if (!input.isEmpty() && !types.containsKey(input)) {
                throw FiresteelException.atNode("MODEL_INVALID", node.name(), "node '" + node.name() + "' (" + node.operator().name()
                        + ") reads value '" + input + "', which nothing before it makes");
            }
        }
        NodeInference inference = new NodeInference(node, types, constants, shapeValues);
        List<ValueType> result = inference.types();
        for (int i = 0; i < node.outputs().size(); i++) {
            if (!node.outputs().get(i).isEmpty()) {
                define(node.outputs().get(i), result.get(i));
            }
        }
        if (!node.outputs().isEmpty() && !node.outputs().get(0).isEmpty()) {
            inference.shapeValueOfOutput()
                    .filter(v -> v.size() <= SHAPE_VALUE_LIMIT)
                    .ifPresent(v -> shapeValues.put(node.outputs().get(0), v));
        }
        nodes.add(node);
    }

    /** Names a result. */
    public void output(String outputName, String value) {
        if (!types.containsKey(value)) {
            throw FiresteelException.user("MODEL_INVALID", "output '" + outputName + "' shows value '" + value
                    + "', which nothing makes");
        }
        outputs.add(new Graph.Output(outputName, value));
    }

    /** The type of a value defined so far. */
    public ValueType type(String value) {
        ValueType type = types.get(value);
        if (type == null) {
            throw new IllegalArgumentException("no value '" + value + "'");
        }
        return type;
    }

    /** The type of a value defined so far that is a tensor. */
    public TensorType tensor(String value) {
        return (TensorType) type(value);
    }

    /** Whether a value is defined. */
    public boolean isDefined(String value) {
        return types.containsKey(value);
    }

    /** The constant of that name, or null. */
    public Tensor constantOf(String value) {
        return constants.get(value);
    }

    /** The elements of a small integer value as dimensions, where they are known; constants included. */
    public Optional<List<Dim>> shapeValue(String value) {
        return Optional.ofNullable(shapeValues.get(value));
    }

    /** A value name not in use. */
    public String freshValue(String hint) {
        return fresh(hint, types.keySet());
    }

    /** A node name not in use. */
    public String freshNode(String hint) {
        return fresh(hint, nodeNames);
    }

    private static String fresh(String hint, Set<String> used) {
        if (!used.contains(hint)) {
            return hint;
        }
        for (int i = used.size();; i++) {
            String candidate = hint + "_" + i;
            if (!used.contains(candidate)) {
                return candidate;
            }
        }
    }

    private void define(String value, ValueType type) {
        if (value.isEmpty()) {
            throw FiresteelException.user("MODEL_INVALID", "a value of graph '" + name + "' has an empty name");
        }
        TypeLimits.violation(type).ifPresent(v -> {
            throw FiresteelException.user("MODEL_INVALID", "value '" + value + "' of graph '" + name + "' is not possible: " + v);
        });
        if (types.putIfAbsent(value, type) != null) {
            throw FiresteelException.user("MODEL_INVALID", "value '" + value + "' is defined twice in graph '" + name + "'");
        }
    }

    /** The finished graph. */
    public Graph build() {
        return new Graph(name, inputs, outputs, nodes, constants, types, shapeValues);
    }
}
