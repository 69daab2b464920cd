package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.Node;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.AttributeProto.AttributeType;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.op.Operator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** One ONNX node as its importer sees it: inputs already translated to values of the graph being built. */
public final class OnnxNode {

    /**
     * The body of a loop or conditional.
     *
     * @param graph the body; its inputs are the formal ones followed by the captures
     * @param captures the values of the enclosing graph that the body uses, in the order of its trailing inputs
     */
    public record Body(Graph graph, List<String> captures) { }

    private final NodeProto proto;
    private final String name;
    private final long opset;
    private final Attributes attributes;
    private final List<String> inputs;
    private final GraphImporter importer;

    OnnxNode(NodeProto proto, String name, long opset, Attributes attributes, List<String> inputs, GraphImporter importer) {
        this.proto = proto;
        this.name = name;
        this.opset = opset;
        this.attributes = attributes;
        this.inputs = inputs;
        this.importer = importer;
    }

    /** The node's name, made from its operator where the file gives none. */
    public String name() {
        return name;
    }

    /** The operator's type name, without its domain. */
    public String operator() {
        return proto.getOpType();
    }

    /** The version of the operator set the model imports for this node's domain. */
    public long opset() {
        return opset;
    }

    public int inputCount() {
        return inputs.size();
    }

    /** Whether input {@code index} is given. */
    public boolean hasInput(int index) {
        return index < inputs.size() && !inputs.get(index).isEmpty();
    }

    /** The value of input {@code index}; the empty name where it is absent. */
    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    /** All inputs, absent ones as empty names. */
    public String[] inputs() {
        return inputs.toArray(String[]::new);
    }

    /** The number of outputs, trailing absent ones left out. */
    public int outputCount() {
        int count = proto.getOutputCount();
        while (count > 0 && proto.getOutput(count - 1).isEmpty()) {
            count--;
        }
        return count;
    }

    /** Whether output {@code index} is wanted. */
    public boolean hasOutput(int index) {
        return index < proto.getOutputCount() && !proto.getOutput(index).isEmpty();
    }

    /** The type of input {@code index}. */
    public ValueType type(int index) {
        if (!hasInput(index)) {
            throw invalid("input " + index + " is missing");
        }
        return graph().type(inputs.get(index));
    }

    /** The type of input {@code index}, which must be a tensor. */
    public TensorType tensor(int index) {
        if (type(index) instanceof TensorType tensor) {
            return tensor;
        }
        throw unsupported("input " + index + " is " + type(index) + ", not a tensor");
    }

    /** The rank of input {@code index}; unsupported where it is not known. */
    public int rank(int index) {
        TensorType type = tensor(index);
        if (!type.hasRank()) {
            throw unsupported("the rank of input " + index + " is not known when the model is read");
        }
        return type.shape().rank();
    }

    /** The value of input {@code index} where it is a constant. */
    public Optional<Tensor> constant(int index) {
        return hasInput(index) ? Optional.ofNullable(graph().constantOf(inputs.get(index))) : Optional.empty();
    }

    /** The elements of a small integer input as dimensions, where they are known; constants included. */
    public Optional<List<Dim>> shapeValue(int index) {
        return hasInput(index) ? graph().shapeValue(inputs.get(index)) : Optional.empty();
    }

    /**
     * The integers of a parameter that is an attribute in old operator sets and an input in newer ones: present where the
     * attribute is given or the input is a constant.
     */
    public Optional<List<Long>> parameter(String attribute, int index) {
        return has(attribute) ? integers(attribute)
                : constant(index).map(t -> Arrays.stream(t.toLongs()).boxed().toList());
    }

    /** Whether the attribute is given. */
    public boolean has(String attribute) {
        return attributes.has(attribute);
    }

    /** An integer attribute. */
    public long integer(String attribute, long otherwise) {
        return attributes.find(attribute, AttributeType.INT, this).map(AttributeProto::getI).orElse(otherwise);
    }

    /** An integer attribute that must be there. */
    public long integer(String attribute) {
        return attributes.find(attribute, AttributeType.INT, this).map(AttributeProto::getI)
                .orElseThrow(() -> invalid("attribute '" + attribute + "' is missing"));
    }

    /** An integer attribute used as a flag. */
    public boolean flag(String attribute, boolean otherwise) {
        return integer(attribute, otherwise ? 1 : 0) != 0;
    }

    /** A float attribute. */
    public float real(String attribute, float otherwise) {
        return attributes.find(attribute, AttributeType.FLOAT, this).map(AttributeProto::getF).orElse(otherwise);
    }

    /** A string attribute. */
    public String string(String attribute, String otherwise) {
        return attributes.find(attribute, AttributeType.STRING, this).map(a -> Attributes.text(a.getS())).orElse(otherwise);
    }

    /** A list-of-integers attribute. */
    public Optional<List<Long>> integers(String attribute) {
        return attributes.find(attribute, AttributeType.INTS, this).map(AttributeProto::getIntsList).map(List::copyOf);
    }

    /** A list-of-floats attribute. */
    public Optional<List<Float>> reals(String attribute) {
        return attributes.find(attribute, AttributeType.FLOATS, this).map(AttributeProto::getFloatsList).map(List::copyOf);
    }

    /** A list-of-strings attribute. */
    public Optional<List<String>> strings(String attribute) {
        return attributes.find(attribute, AttributeType.STRINGS, this)
                .map(a -> a.getStringsList().stream().map(Attributes::text).toList());
    }

    /** A tensor attribute. */
    public Optional<Tensor> tensorAttribute(String attribute) {
        return attributes.find(attribute, AttributeType.TENSOR, this).map(a -> importer.tensors().read(a.getT()));
    }

    /** A sparse-tensor attribute, made dense. */
    public Optional<Tensor> sparseTensorAttribute(String attribute) {
        return attributes.find(attribute, AttributeType.SPARSE_TENSOR, this)
                .map(a -> SparseTensors.toDense(a.getSparseTensor(), importer.tensors()));
    }

    /** A type attribute, for example the element type of an optional. */
    public Optional<ValueType> typeAttribute(String attribute) {
        return attributes.find(attribute, AttributeType.TYPE_PROTO, this)
                .map(a -> OnnxTypes.valueType(name, a.getTp())
                        .orElseThrow(() -> unsupported("attribute '" + attribute + "' names a type that is not supported")));
    }

    /** An attribute that holds ONNX's number of an element type, such as Cast's {@code to}. */
    public DataType dataType(String attribute, DataType otherwise) {
        if (!has(attribute)) {
            return otherwise;
        }
        int number = (int) integer(attribute);
        return OnnxTypes.dataType(number).orElseThrow(() -> unsupported("element type " + OnnxTypes.name(number)
                + " is not supported"));
    }

    /**
     * Imports a graph attribute as a body.
     *
     * @param attribute the attribute's name
     * @param formalTypes the types of the formal inputs where the file does not give them; may be shorter than the inputs
     */
    public Body body(String attribute, List<ValueType> formalTypes) {
        AttributeProto graph = attributes.find(attribute, AttributeType.GRAPH, this)
                .orElseThrow(() -> invalid("attribute '" + attribute + "' is missing"));
        return importer.body(this, graph.getG(), formalTypes);
    }

    /** The graph being built. */
    public GraphBuilder graph() {
        return importer.builder();
    }

    /** Adds a constant and returns its value. */
    public String constant(Tensor tensor) {
        return graph().constant(graph().freshValue(name + "/constant"), tensor);
    }

    /** Adds a node with one output on the way to the result and returns the output. */
    public String add(Operator operator, String... nodeInputs) {
        return add(operator, 1, nodeInputs).get(0);
    }

    /** Adds a node on the way to the result and returns its outputs. */
    public List<String> add(Operator operator, int outputCount, String... nodeInputs) {
        String inner = graph().freshNode(name + "/" + operator.name());
        List<String> made = new ArrayList<>(outputCount);
        for (int i = 0; i < outputCount; i++) {
            made.add(graph().freshValue(outputCount == 1 ? inner : inner + "_" + i));
        }
        graph().add(new Node(inner, operator, Arrays.asList(nodeInputs), made, List.of(name)));
        return made;
    }

    /** Adds the node that makes all of this ONNX node's outputs, under their ONNX names. */
    public void emit(Operator operator, String... nodeInputs) {
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < outputCount(); i++) {
            outputs.add(hasOutput(i) ? importer.valueNamed(proto.getOutput(i)) : "");
        }
        graph().add(new Node(graph().freshNode(name), operator, Arrays.asList(nodeInputs), outputs, List.of(name)));
        for (int i = 0; i < outputs.size(); i++) {
            define(i, outputs.get(i));
        }
    }

    /** Says that output {@code index} is a value that exists already; does nothing for an output nobody wants. */
    public void define(int index, String value) {
        if (hasOutput(index)) {
            importer.define(proto.getOutput(index), value);
        }
    }

    /** The error for something Firesteel does not do: collected with all others of the model. */
    public RuntimeException unsupported(String reason) {
        return new UnsupportedModelException(List.of(importer.unsupported(proto, name, opset, reason)));
    }

    /** The error for something ONNX does not allow. */
    public FiresteelException invalid(String message) {
        return FiresteelException.atNode("MODEL_INVALID", name, "node '" + name + "' (" + operator() + "): " + message);
    }
}
