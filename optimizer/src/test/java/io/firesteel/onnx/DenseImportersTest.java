package io.firesteel.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.AttributeProto.AttributeType;
import io.firesteel.onnx.proto.GraphProto;
import io.firesteel.onnx.proto.ModelProto;
import io.firesteel.onnx.proto.NodeProto;
import io.firesteel.onnx.proto.OperatorSetIdProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.onnx.proto.TensorShapeProto;
import io.firesteel.onnx.proto.TypeProto;
import io.firesteel.onnx.proto.ValueInfoProto;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.MatMul;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Operator;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class DenseImportersTest {

    /** One node whose inputs a, b, c have the given sizes, -1 for an unknown. */
    private static Graph read(long opset, NodeProto.Builder node, long[]... sizes) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("g");
        for (int i = 0; i < sizes.length; i++) {
            String name = String.valueOf((char) ('a' + i));
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (long size : sizes[i]) {
                shape.addDim(size < 0 ? TensorShapeProto.Dimension.newBuilder().setDimParam("N")
                        : TensorShapeProto.Dimension.newBuilder().setDimValue(size));
            }
            graph.addInput(ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE).setShape(shape))));
            node.addInput(name);
        }
        graph.addNode(node.addOutput("y")).addOutput(ValueInfoProto.newBuilder().setName("y"));
        ModelProto model = ModelProto.newBuilder().setIrVersion(8).setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset)).build();
        return OnnxModel.read("model", model.toByteArray(), null).graph();
    }

    private static Operator only(Graph graph) {
        assertThat(graph.nodes()).hasSize(1);
        return graph.nodes().get(0).operator();
    }

    private static NodeProto.Builder node(String operator, AttributeProto.Builder... attributes) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName("node");
        for (AttributeProto.Builder attribute : attributes) {
            node.addAttribute(attribute);
        }
        return node;
    }

    private static AttributeProto.Builder real(String name, float value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOAT).setF(value);
    }

    private static AttributeProto.Builder integer(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value);
    }

    private static AttributeProto.Builder integers(String name, Long... values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS).addAllInts(List.of(values));
    }

    private static AttributeProto.Builder text(String name, String value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value));
    }

    @Test
    void gemmWithAVectorIsOneProductWithBias() {
        Graph graph = read(13, node("Gemm", integer("transB", 1)), new long[] {-1, 3}, new long[] {2, 3}, new long[] {2});
        assertThat(only(graph)).isInstanceOf(MatMul.class);
        assertThat(graph.type("y")).hasToString("fp32[N,2]");
    }

    @Test
    void gemmScalesAndAddsAMatrix() {
        Graph graph = read(13, node("Gemm", real("alpha", 2), real("beta", 3)), new long[] {1, 2}, new long[] {2, 2}, new long[] {1, 1});
        List<HostValue> y = ReferenceEvaluator.run(graph, List.of(Tensor.floats(new long[] {1, 2}, 1, 2),
                Tensor.floats(new long[] {2, 2}, 1, 2, 3, 4), Tensor.floats(new long[] {1, 1}, 5)));
        assertThat(((Tensor) y.get(0)).toFloats()).containsExactly(29, 35);
    }

    @Test
    void oldSoftmaxTakesTrailingAxesAsOne() {
        Graph graph = read(11, node("Softmax"), new long[] {-1, 2, 2});
        Tensor y = (Tensor) ReferenceEvaluator.run(graph, List.of(Tensor.floats(new long[] {1, 2, 2}, 0, 0, 0, 0))).get(0);
        assertThat(y.sizes()).containsExactly(1, 2, 2);
        assertThat(y.toFloats()).containsOnly(0.25f);
        assertThat(read(11, node("Softmax"), new long[] {-1, 10, 1, 1}).nodes()).hasSize(1);
        Tensor last = (Tensor) ReferenceEvaluator.run(read(13, node("Softmax"), new long[] {1, 2, 2}),
                List.of(Tensor.floats(new long[] {1, 2, 2}, 0, 0, 0, 0))).get(0);
        assertThat(last.toFloats()).containsOnly(0.5f);
    }

    @Test
    void automaticPaddingNeedsTheSizeOnlyForStridesAboveOne() {
        long[] weights = {4, 3, 4};
        Operator op = only(read(11, node("Conv", text("auto_pad", "SAME_LOWER")), new long[] {1, 3, -1}, weights));
        assertThat(((Convolution) op).padsBegin()).containsExactly(2L);
        assertThat(((Convolution) op).padsEnd()).containsExactly(1L);
        Operator strided = only(read(11, node("Conv", text("auto_pad", "SAME_UPPER"), integers("strides", 2L)),
                new long[] {1, 3, 7}, weights));
        assertThat(((Convolution) strided).padsBegin()).containsExactly(1L);
        assertThat(((Convolution) strided).padsEnd()).containsExactly(2L);
        assertThatThrownBy(() -> read(11, node("Conv", text("auto_pad", "SAME_UPPER"), integers("strides", 2L)),
                new long[] {1, 3, -1}, weights)).isInstanceOf(FiresteelException.class).hasMessageContaining("spatial axis 0");
    }

    @Test
    void transposedConvolutionReachesItsOutputShape() {
        Graph graph = read(11, node("ConvTranspose", integers("strides", 2L), integers("output_shape", 9L)),
                new long[] {-1, 1, 4}, new long[] {1, 1, 3});
        assertThat(only(graph)).isInstanceOf(ConvolutionTranspose.class);
        assertThat(graph.type("y")).hasToString("fp32[N,1,9]");
        assertThat(read(11, node("ConvTranspose", integers("strides", 2L), text("auto_pad", "SAME_UPPER")),
                new long[] {1, 1, -1}, new long[] {1, 1, 3}).type("y")).hasToString("fp32[1,1,2N]");
    }

    @Test
    void oldBatchNormalizationMayHaveStatisticsForEachPlace() {
        long[] places = {2, 3};
        assertThat(only(read(7, node("BatchNormalization", integer("spatial", 0)), new long[] {-1, 2, 3}, places, places, places,
                places))).isEqualTo(new Normalizations.PerActivationBatchNormalization(1e-5f));
        long[] channels = {2};
        assertThat(only(read(6, node("BatchNormalization", real("epsilon", 0.5f)), new long[] {-1, 2, 3}, channels, channels,
                channels, channels))).isEqualTo(new Normalizations.BatchNormalization(0.5f));
    }
}
