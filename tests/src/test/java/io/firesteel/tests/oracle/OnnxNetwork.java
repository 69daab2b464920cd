package io.firesteel.tests.oracle;

import com.google.protobuf.ByteString;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.GraphProto;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.onnx.proto.OperatorSetIdProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TensorShapeProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.onnx.proto.ValueInfoProto;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a small ONNX model, with a value for each of its inputs. */
final class OnnxNetwork {

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("network");
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final StringBuilder listing = new StringBuilder();
    private final long opset;
    private final String prefix;
    private int values;

    OnnxNetwork(long opset) {
        this(opset, "v");
    }

    private OnnxNetwork(long opset, String prefix) {
        this.opset = opset;
        this.prefix = prefix;
    }

    /** A body for a node of this network, whose values its nodes may read; names do not shadow this network's. */
    OnnxNetwork body(String name) {
        return new OnnxNetwork(opset, name + ".");
    }

    /** Adds an input, fed with the given value. */
    String input(Tensor value) {
        String name = fresh();
        inputs.put(name, value);
        listing.append("\n  ").append(name).append(" = input ").append(value.type());
        graph.addInput(info(name, value.dataType(), value.sizes()));
        return name;
    }

    /** Adds an initializer. */
    String constant(Tensor value) {
        String name = fresh();
        graph.addInitializer(proto(value).setName(name));
        listing.append("\n  ").append(name).append(" = constant ").append(value.type());
        return name;
    }

    /** Adds an input or an initializer of the same value. */
    String value(Tensor value, boolean constant) {
        return constant ? constant(value) : input(value);
    }

    /** Adds a node with one output; an empty name is an input left out. */
    String node(String type, Map<String, ?> attributes, String... inputNames) {
        return node(type, 1, attributes, inputNames).get(0);
    }

    /** Adds a node. */
    List<String> node(String type, int outputs, Map<String, ?> attributes, String... inputNames) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(type).setName(type + "_" + graph.getNodeCount());
        node.addAllInput(List.of(inputNames));
        for (int i = 0; i < outputs; i++) {
            node.addOutput(fresh());
        }
        attributes.forEach((name, value) -> node.addAttribute(attribute(name, value)));
        graph.addNode(node);
        listing.append("\n  ").append(node.getOutputList()).append(" = ").append(type).append(node.getInputList());
        attributes.forEach((name, value) -> listing.append(' ').append(name).append('=')
                .append(value instanceof long[] numbers ? Arrays.toString(numbers) : value));
        return List.copyOf(node.getOutputList());
    }

    /** Makes values results. Their types are left to be inferred. */
    OnnxNetwork outputs(List<String> names) {
        names.forEach(n -> graph.addOutput(ValueInfoProto.newBuilder().setName(n)));
        return this;
    }

    /** Makes a value a result. */
    OnnxNetwork output(String name) {
        return outputs(List.of(name));
    }

    /** What is fed to the inputs, by name and in order. */
    Map<String, Tensor> inputs() {
        return inputs;
    }

    /** The file's content. */
    byte[] bytes() {
        return ModelProto.newBuilder().setIrVersion(8).setProducerName("firesteel tests").setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset)).build().toByteArray();
    }

    /** This network as the body of a conditional or a loop. */
    private GraphProto graph() {
        return graph.build();
    }

    @Override
    public String toString() {
        return "opset " + opset + listing;
    }

    private String fresh() {
        return prefix + values++;
    }

    private static ValueInfoProto info(String name, DataType type, long[] sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : sizes) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
        }
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(code(type)).setShape(shape))).build();
    }

    private static AttributeProto.Builder attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof Long || value instanceof Integer) {
            return attribute.setI(((Number) value).longValue()).setType(AttributeProto.AttributeType.INT);
        }
        if (value instanceof Float number) {
            return attribute.setF(number).setType(AttributeProto.AttributeType.FLOAT);
        }
        if (value instanceof String text) {
            return attribute.setS(ByteString.copyFromUtf8(text)).setType(AttributeProto.AttributeType.STRING);
        }
        if (value instanceof long[] numbers) {
            for (long number : numbers) {
                attribute.addInts(number);
            }
            return attribute.setType(AttributeProto.AttributeType.INTS);
        }
        if (value instanceof Tensor tensor) {
            return attribute.setT(proto(tensor)).setType(AttributeProto.AttributeType.TENSOR);
        }
        if (value instanceof OnnxNetwork network) {
            return attribute.setG(network.graph()).setType(AttributeProto.AttributeType.GRAPH);
        }
        throw new IllegalArgumentException("attribute " + name + " of " + value.getClass());
    }

    private static TensorProto.Builder proto(Tensor value) {
        TensorProto.Builder proto = TensorProto.newBuilder().setDataType(code(value.dataType()));
        for (long size : value.sizes()) {
            proto.addDims(size);
        }
        return proto.setRawData(ByteString.copyFrom(value.buffer()));
    }

    private static int code(DataType type) {
        return switch (type) {
            case FLOAT32 -> TensorProto.DataType.FLOAT_VALUE;
            case FLOAT16 -> TensorProto.DataType.FLOAT16_VALUE;
            case BFLOAT16 -> TensorProto.DataType.BFLOAT16_VALUE;
            case FLOAT64 -> TensorProto.DataType.DOUBLE_VALUE;
            case INT8 -> TensorProto.DataType.INT8_VALUE;
            case INT16 -> TensorProto.DataType.INT16_VALUE;
            case INT32 -> TensorProto.DataType.INT32_VALUE;
            case INT64 -> TensorProto.DataType.INT64_VALUE;
            case UINT8 -> TensorProto.DataType.UINT8_VALUE;
            case UINT16 -> TensorProto.DataType.UINT16_VALUE;
            case UINT32 -> TensorProto.DataType.UINT32_VALUE;
            case UINT64 -> TensorProto.DataType.UINT64_VALUE;
            case BOOL -> TensorProto.DataType.BOOL_VALUE;
        };
    }
}
