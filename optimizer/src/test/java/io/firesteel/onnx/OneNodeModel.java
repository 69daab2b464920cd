package io.firesteel.onnx;

import com.google.protobuf.ByteString;
import io.firesteel.graph.Graph;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.GraphProto;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.onnx.proto.OperatorSetIdProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TensorShapeProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.onnx.proto.ValueInfoProto;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An ONNX model of a single node, put together in memory. */
final class OneNodeModel {

    private final long opset;
    private final NodeProto.Builder node = NodeProto.newBuilder().setName("node");
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    private final List<HostValue> values = new ArrayList<>();

    OneNodeModel(String operator, long opset) {
        this.opset = opset;
        node.setOpType(operator);
    }

    OneNodeModel input(Tensor tensor) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        Arrays.stream(tensor.sizes()).forEach(s -> shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(s)));
        String name = "x" + node.getInputCount();
        graph.addInput(ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(number(tensor.dataType())).setShape(shape))));
        node.addInput(name);
        values.add(tensor);
        return this;
    }

    OneNodeModel constant(Tensor tensor) {
        String name = "x" + node.getInputCount();
        graph.addInitializer(proto(tensor).toBuilder().setName(name));
        node.addInput(name);
        return this;
    }

    OneNodeModel absent() {
        node.addInput("");
        return this;
    }

    OneNodeModel attribute(String name, long value) {
        return attribute(name, AttributeProto.newBuilder().setType(AttributeProto.AttributeType.INT).setI(value));
    }

    OneNodeModel attribute(String name, float value) {
        return attribute(name, AttributeProto.newBuilder().setType(AttributeProto.AttributeType.FLOAT).setF(value));
    }

    OneNodeModel attribute(String name, String value) {
        return attribute(name, AttributeProto.newBuilder().setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
    }

    OneNodeModel attribute(String name, Tensor value) {
        return attribute(name, AttributeProto.newBuilder().setType(AttributeProto.AttributeType.TENSOR).setT(proto(value)));
    }

    OneNodeModel attribute(String name, AttributeProto.Builder value) {
        node.addAttribute(value.setName(name));
        return this;
    }

    /** The graph as it is imported. */
    Graph read(int outputs) {
        for (int i = 0; i < outputs; i++) {
            node.addOutput("y" + i);
            graph.addOutput(ValueInfoProto.newBuilder().setName("y" + i));
        }
        ModelProto model = ModelProto.newBuilder().setIrVersion(8).setGraph(graph.addNode(node))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset)).build();
        return OnnxModel.read("test", model.toByteArray(), null).graph();
    }

    /** The results, after import, for the inputs given. */
    List<Tensor> run(int outputs) {
        return ReferenceEvaluator.run(read(outputs), values).stream().map(v -> (Tensor) v).toList();
    }

    /** The only result as doubles. */
    double[] run() {
        return run(1).get(0).toDoubles();
    }

    private static TensorProto proto(Tensor tensor) {
        ByteBuffer bytes = tensor.buffer();
        TensorProto.Builder proto = TensorProto.newBuilder().setDataType(number(tensor.dataType())).setRawData(ByteString.copyFrom(bytes));
        Arrays.stream(tensor.sizes()).forEach(proto::addDims);
        return proto.build();
    }

    static int number(DataType type) {
        return Arrays.stream(TensorProto.DataType.values()).map(TensorProto.DataType::getNumber)
                .filter(n -> OnnxTypes.dataType(n).filter(type::equals).isPresent()).findFirst().orElseThrow();
    }
}
