package io.firesteel.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.onnx.proto.AttributeProto;
import io.firesteel.onnx.proto.SparseTensorProto;
import io.firesteel.onnx.proto.TensorProto;
import io.firesteel.op.Activations;
import io.firesteel.op.Reductions;
import io.firesteel.op.Selection;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The forms that operators have had over the versions of ONNX's operator set. */
class OperatorFormsTest {

    private static final Tensor MATRIX = Tensor.floats(new long[] {2, 3}, 1, 2, 3, 4, 5, 6);
    private static final Tensor PAIR = Tensor.floats(new long[] {2}, 10, 20);

    private static Tensor vector(float... values) {
        return Tensor.floats(new long[] {values.length}, values);
    }

    @Test
    void oldBroadcastingPlacesTheSecondOperandAtAnAxis() {
        assertThat(new OneNodeModel("Add", 6).input(MATRIX).input(PAIR).attribute("broadcast", 1).attribute("axis", 0).run())
                .containsExactly(11, 12, 13, 24, 25, 26);
        assertThat(new OneNodeModel("Mul", 1).input(MATRIX).constant(PAIR).attribute("broadcast", 1).attribute("axis", -2).run())
                .containsExactly(10, 20, 30, 80, 100, 120);
        assertThat(new OneNodeModel("Sub", 6).input(MATRIX).input(vector(1, 2, 3)).attribute("broadcast", 1).run())
                .containsExactly(0, 0, 0, 3, 3, 3);
        assertThat(new OneNodeModel("Pow", 7).input(MATRIX).input(vector(2)).run()).containsExactly(1, 4, 9, 16, 25, 36);
        assertThatThrownBy(() -> new OneNodeModel("Add", 6).input(MATRIX).input(PAIR).attribute("broadcast", 1).attribute("axis", 2).run())
                .isInstanceOf(FiresteelException.class).hasMessageContaining("axis 2");
    }

    @Test
    void oldSlopesBelongToChannels() {
        Tensor x = Tensor.floats(new long[] {1, 2, 2}, -1, -1, -1, -1);
        assertThat(new OneNodeModel("PRelu", 6).input(x).input(PAIR).run()).containsExactly(-10, -10, -20, -20);
        assertThat(new OneNodeModel("PRelu", 7).input(x).input(PAIR).run()).containsExactly(-10, -20, -10, -20);
    }

    @Test
    void clipTakesItsBoundsFromAttributesOrInputs() {
        Tensor x = vector(-9, 0.5f, 9);
        assertThat(new OneNodeModel("Clip", 6).input(x).attribute("min", -1f).attribute("max", 1f).run()).containsExactly(-1, 0.5, 1);
        Graph fixed = new OneNodeModel("Clip", 13).input(x).constant(Tensor.scalar(DataType.FLOAT32, 0)).read(1);
        assertThat(fixed.nodes().get(0).operator()).isEqualTo(new Activations.ClipTo(0, Double.POSITIVE_INFINITY));
        OneNodeModel open = new OneNodeModel("Clip", 13).input(x).absent().input(Tensor.scalar(DataType.FLOAT32, 2));
        assertThat(open.run()).containsExactly(-9, 0.5, 2);
        Graph wide = new OneNodeModel("Clip", 13).input(Tensor.vector(1)).constant(Tensor.longs(new long[0], Long.MAX_VALUE)).read(1);
        assertThat(wide.nodes().get(0).operator()).isEqualTo(new Selection.Clip());
    }

    @Test
    void castNamesItsTypeByNameOrNumber() {
        assertThat(new OneNodeModel("Cast", 1).input(vector(1.5f)).attribute("to", "INT32").run(1).get(0).dataType()).isEqualTo(DataType.INT32);
        assertThat(new OneNodeModel("Cast", 9).input(vector(1.5f)).attribute("to", 11).run(1).get(0).dataType()).isEqualTo(DataType.FLOAT64);
        assertThat(new OneNodeModel("Cast", 9).input(vector(1.5f)).attribute("to", 1).read(1).nodes()).isEmpty();
        assertThatThrownBy(() -> new OneNodeModel("Cast", 19).input(vector(1)).attribute("to", TensorProto.DataType.FLOAT8E5M2_VALUE).run())
                .isInstanceOf(FiresteelException.class).hasMessageContaining("float8e5m2");
    }

    @Test
    void dropoutIsNothingUnlessTheNetworkTrains() {
        assertThat(new OneNodeModel("Dropout", 7).input(PAIR).attribute("ratio", 0.9f).read(1).nodes()).isEmpty();
        List<Tensor> both = new OneNodeModel("Dropout", 12).input(PAIR).run(2);
        assertThat(both.get(0).toDoubles()).containsExactly(10, 20);
        assertThat(both.get(1).dataType()).isEqualTo(DataType.BOOL);
        assertThat(both.get(1).toLongs()).containsExactly(1, 1);
        assertThat(new OneNodeModel("Dropout", 7).input(PAIR).run(2).get(1).dataType()).isEqualTo(DataType.FLOAT32);
        assertThat(new OneNodeModel("Dropout", 13).input(PAIR).constant(Tensor.scalar(DataType.FLOAT32, 0))
                .constant(Tensor.scalar(DataType.BOOL, 1)).run()).containsExactly(10, 20);
        assertThatThrownBy(() -> new OneNodeModel("Dropout", 6).input(PAIR).run())
                .isInstanceOf(FiresteelException.class).hasMessageContaining("is_test");
        assertThat(new OneNodeModel("Dropout", 6).input(PAIR).attribute("is_test", 1).run()).containsExactly(10, 20);
    }

    @Test
    void reductionsTakeTheirAxesFromAttributesOrInputs() {
        AttributeProto.Builder last = AttributeProto.newBuilder().setType(AttributeProto.AttributeType.INTS).addInts(-1);
        assertThat(new OneNodeModel("ReduceSum", 11).input(MATRIX).attribute("axes", last).run()).containsExactly(6, 15);
        Graph constant = new OneNodeModel("ReduceSum", 13).input(MATRIX).constant(Tensor.vector(-1)).read(1);
        assertThat(constant.nodes().get(0).operator()).isEqualTo(new Reductions.ReduceSum(List.of(1L), true, false));
        assertThat(constant.nodes().get(0).inputs()).hasSize(1);
        assertThat(new OneNodeModel("ReduceMax", 18).input(MATRIX).input(Tensor.vector(0)).attribute("keepdims", 0).run())
                .containsExactly(4, 5, 6);
    }

    @Test
    void variadicOperatorsBecomeChains() {
        assertThat(new OneNodeModel("Sum", 8).input(PAIR).input(PAIR).input(PAIR).run()).containsExactly(30, 60);
        assertThat(new OneNodeModel("Mean", 8).input(PAIR).input(vector(20, 40)).run()).containsExactly(15, 30);
        assertThat(new OneNodeModel("Max", 8).input(PAIR).read(1).nodes()).isEmpty();
        assertThat(new OneNodeModel("Min", 13).input(PAIR).input(vector(15)).run()).containsExactly(10, 15);
    }

    @Test
    void constantsHaveManyForms() {
        assertThat(new OneNodeModel("Constant", 13).attribute("value_int", 7).run()).containsExactly(7);
        assertThat(new OneNodeModel("Constant", 13).attribute("value_float", 0.5f).run()).containsExactly(0.5);
        assertThat(new OneNodeModel("Constant", 1).attribute("value", PAIR).run()).containsExactly(10, 20);
        assertThat(new OneNodeModel("Constant", 13).attribute("value_floats", AttributeProto.newBuilder()
                .setType(AttributeProto.AttributeType.FLOATS).addFloats(1).addFloats(2)).run()).containsExactly(1, 2);
        assertThat(new OneNodeModel("Constant", 13).attribute("value_ints", AttributeProto.newBuilder()
                .setType(AttributeProto.AttributeType.INTS).addInts(3)).run()).containsExactly(3);
        SparseTensorProto sparse = SparseTensorProto.newBuilder().addDims(3)
                .setValues(TensorProto.newBuilder().setDataType(TensorProto.DataType.FLOAT_VALUE).addDims(1).addFloatData(4))
                .setIndices(TensorProto.newBuilder().setDataType(TensorProto.DataType.INT64_VALUE).addDims(1).addInt64Data(2)).build();
        assertThat(new OneNodeModel("Constant", 11).attribute("sparse_value", AttributeProto.newBuilder()
                .setType(AttributeProto.AttributeType.SPARSE_TENSOR).setSparseTensor(sparse)).run()).containsExactly(0, 0, 4);
        assertThatThrownBy(() -> new OneNodeModel("Constant", 13).attribute("value_string", "x").run())
                .isInstanceOf(FiresteelException.class).hasMessageContaining("strings");
    }

    @Test
    void oldTopKHasItsCountAsAnAttribute() {
        List<Tensor> results = new OneNodeModel("TopK", 1).input(vector(1, 9, 5)).attribute("k", 2).run(2);
        assertThat(results.get(0).toDoubles()).containsExactly(9, 5);
        assertThat(results.get(1).toLongs()).containsExactly(1, 2);
    }

    @Test
    void quantizedTypesComeFromTheZeroPointOrAnAttribute() {
        Tensor scale = Tensor.scalar(DataType.FLOAT32, 2);
        assertThat(new OneNodeModel("QuantizeLinear", 10).input(PAIR).input(scale).run(1).get(0).dataType()).isEqualTo(DataType.UINT8);
        assertThat(new OneNodeModel("QuantizeLinear", 21).input(PAIR).input(scale).attribute("output_dtype", 5).run(1).get(0).dataType())
                .isEqualTo(DataType.INT16);
        assertThatThrownBy(() -> new OneNodeModel("QuantizeLinear", 21).input(PAIR).input(scale).attribute("output_dtype", 22).run())
                .isInstanceOf(FiresteelException.class).hasMessageContaining("int4");
        assertThat(new OneNodeModel("DequantizeLinear", 23).input(Tensor.scalar(DataType.INT8, 3)).input(scale)
                .attribute("output_dtype", 10).run(1).get(0).dataType()).isEqualTo(DataType.FLOAT16);
    }
}
