package io.firesteel.onnx.export;

import com.google.protobuf.ByteString;
import io.firesteel.graph.Graph;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.GraphProto;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TensorShapeProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.onnx.proto.ValueInfoProto;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** An ONNX graph being written. Values keep the names they have in the plan; further ones get fresh names. */
final class ExportedGraph {

    private final Graph graph;
    private final GraphProto.Builder proto;
    private final Set<String> names;
    private final Set<String> written = new HashSet<>();

    ExportedGraph(Graph graph) {
        this.graph = graph;
        proto = GraphProto.newBuilder().setName(graph.name());
        names = new HashSet<>(graph.values());
        graph.outputs().forEach(output -> names.add(output.name()));
    }

    /** The graph that is exported. */
    Graph source() {
        return graph;
    }

    /** A name that no value has. */
    String fresh(String hint) {
        String candidate = hint;
        for (int i = 1; !names.add(candidate); i++) {
            candidate = hint + "_" + i;
        }
        return candidate;
    }

    /** Adds a node with one result of the given name, which it returns; an empty input is one left out. */
    String node(String output, String type, Map<String, ?> attributes, String... inputs) {
        node(List.of(output), type, attributes, Arrays.asList(inputs));
        return output;
    }

    /** Adds a node. Attributes are Long, Float, String, DataType, Boolean, Tensor or a list of Long or String. */
    void node(List<String> outputs, String type, Map<String, ?> attributes, List<String> inputs) {
        int count = inputs.size();
        while (count > 0 && inputs.get(count - 1).isEmpty()) {
            count--;
        }
        inputs.forEach(this::require);
        NodeProto.Builder node = NodeProto.newBuilder().setName(outputs.get(0) + "/" + type).setOpType(type)
                .addAllInput(inputs.subList(0, count)).addAllOutput(outputs);
        new TreeMap<>(attributes).forEach((name, value) -> node.addAttribute(attribute(name, value)));
        proto.addNode(node);
    }

    /** Writes a constant of the plan the first time a node reads it. */
    private void require(String value) {
        if (graph.constant(value).isPresent() && written.add(value)) {
            proto.addInitializer(tensor(value, graph.constant(value).get()));
        }
    }

    /** Adds a constant and returns its name. */
    String constant(String hint, Tensor tensor) {
        String name = fresh(hint);
        proto.addInitializer(tensor(name, tensor));
        return name;
    }

    /** Adds a vector of integers. */
    String integers(String hint, List<Long> values) {
        return constant(hint, Tensor.vector(values.stream().mapToLong(Long::longValue).toArray()));
    }

    /** Adds an fp32 scalar. */
    String scalar(String hint, double value) {
        return constant(hint, Tensor.scalar(DataType.FLOAT32, value));
    }

    /** The finished graph, its results under the names users know. */
    GraphProto finish() {
        graph.inputs().forEach(input -> proto.addInput(info(input, graph.tensor(input))));
        graph.outputs().forEach(output -> {
            if (!output.name().equals(output.value())) {
                node(output.name(), "Identity", Map.of(), output.value());
            }
            proto.addOutput(info(output.name(), graph.tensor(output.value())));
        });
        prune();
        return proto.build();
    }

    /** Leaves out what no result needs: quantized constants that were exported in another form. */
    private void prune() {
        Set<String> needed = new HashSet<>();
        graph.outputs().forEach(output -> needed.add(output.name()));
        List<NodeProto> nodes = new ArrayList<>();
        for (int i = proto.getNodeCount() - 1; i >= 0; i--) {
            NodeProto node = proto.getNode(i);
            if (node.getOutputList().stream().anyMatch(needed::contains)) {
                nodes.add(0, node);
                needed.addAll(node.getInputList());
            }
        }
        List<TensorProto> constants = proto.getInitializerList().stream().filter(c -> needed.contains(c.getName())).toList();
        proto.clearNode().addAllNode(nodes).clearInitializer().addAllInitializer(constants);
    }

    private static ValueInfoProto info(String name, TensorType type) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(code(type.dataType()));
        if (type.hasRank()) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (Dim dim : type.shape().dims()) {
                shape.addDim(dim.isConstant() ? TensorShapeProto.Dimension.newBuilder().setDimValue(dim.size())
                        : TensorShapeProto.Dimension.newBuilder().setDimParam(dim.toString()));
            }
            tensor.setShape(shape);
        }
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    private static TensorProto tensor(String name, Tensor tensor) {
        ByteString data = ByteString.EMPTY;
        for (ByteBuffer segment : tensor.segments()) {
            data = data.concat(ByteString.copyFrom(segment));
        }
        TensorProto.Builder proto = TensorProto.newBuilder().setName(name).setDataType(code(tensor.dataType())).setRawData(data);
        for (long size : tensor.sizes()) {
            proto.addDims(size);
        }
        return proto.build();
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof Float number) {
            attribute.setF(number).setType(AttributeProto.AttributeType.FLOAT);
        } else if (value instanceof String text) {
            attribute.setS(ByteString.copyFromUtf8(text)).setType(AttributeProto.AttributeType.STRING);
        } else if (value instanceof Tensor constant) {
            attribute.setT(tensor("", constant)).setType(AttributeProto.AttributeType.TENSOR);
        } else if (value instanceof List<?> texts && !texts.isEmpty() && texts.get(0) instanceof String) {
            texts.forEach(text -> attribute.addStrings(ByteString.copyFromUtf8((String) text)));
            attribute.setType(AttributeProto.AttributeType.STRINGS);
        } else if (value instanceof List<?> numbers) {
            numbers.forEach(number -> attribute.addInts((Long) number));
            attribute.setType(AttributeProto.AttributeType.INTS);
        } else {
            long number = value instanceof Boolean flag ? flag ? 1 : 0 : value instanceof DataType type ? code(type) : (Long) value;
            attribute.setI(number).setType(AttributeProto.AttributeType.INT);
        }
        return attribute.build();
    }

    private static int code(DataType type) {
        return (switch (type) {
            case FLOAT32 -> TensorProto.DataType.FLOAT;
            case FLOAT16 -> TensorProto.DataType.FLOAT16;
            case BFLOAT16 -> TensorProto.DataType.BFLOAT16;
            case FLOAT64 -> TensorProto.DataType.DOUBLE;
            case INT8 -> TensorProto.DataType.INT8;
            case INT16 -> TensorProto.DataType.INT16;
            case INT32 -> TensorProto.DataType.INT32;
            case INT64 -> TensorProto.DataType.INT64;
            case UINT8 -> TensorProto.DataType.UINT8;
            case UINT16 -> TensorProto.DataType.UINT16;
            case UINT32 -> TensorProto.DataType.UINT32;
            case UINT64 -> TensorProto.DataType.UINT64;
            case BOOL -> TensorProto.DataType.BOOL;
        }).getNumber();
    }
}
