package io.firesteel.pass.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Quantization;
import io.firesteel.op.Quantized;
import io.firesteel.op.Reductions;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Pipelines;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class QuantizationRulesTest {

    private static final Convolution CONVOLUTION = new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L),
            1, PointwiseProgram.IDENTITY);

    private final TestNetwork net = new TestNetwork();

    private String quantize(String value, double scale, DataType type, long zeroPoint) {
        return net.add(new Quantization.QuantizeLinear(type, 1, 0, DataType.FLOAT32), value, net.filled(scale),
                net.constant(Tensor.scalar(type, zeroPoint)));
    }

    private String dequantize(String value, double scale, DataType type, long zeroPoint) {
        return net.add(new Quantization.DequantizeLinear(DataType.FLOAT32, 1, 0), value, net.filled(scale),
                net.constant(Tensor.scalar(type, zeroPoint)));
    }

    private String weights(long axis, long... sizes) {
        Tensor weights = Tensor.zeros(DataType.INT8, sizes);
        for (long i = 0; i < weights.elements(); i++) {
            weights.setLong(i, i * 37 % 255 - 127);
        }
        return net.add(new Quantization.DequantizeLinear(DataType.FLOAT32, axis, 0), net.constant(weights),
                net.positive(sizes[(int) axis]));
    }

    @Test
    void aLayerTakesInItsQuantization() {
        String x = dequantize(net.input(DataType.UINT8, "x", "N", 3, 5, 5), 0.02, DataType.UINT8, 3);
        String y = net.add(CONVOLUTION, x, weights(0, 4, 3, 3, 3), net.random(4));
        Graph after = Rewrites.fire(net.show(quantize(y, 3, DataType.INT8, 0)), new FuseQuantization());
        Quantized quantized = Rewrites.only(after, Quantized.class);
        assertThat(Rewrites.operators(after)).containsExactly("Quantized");
        assertThat(quantized.inputs().get(1).orElseThrow().scales()).hasSize(4);
        assertThat(quantized.output().orElseThrow().isSymmetric()).isTrue();
    }

    @Test
    void aResidualIsTakenInAndAResultMayStayReal() {
        String q = net.input(DataType.INT8, "x", "N", 4, 5, 5);
        String x = dequantize(q, 0.02, DataType.INT8, 0);
        String skip = dequantize(net.input(DataType.INT8, "skip", "N", 4, 5, 5), 0.5, DataType.INT8, 0);
        String y = net.add(new Activations.Relu(), net.add(new Arithmetic.Add(), net.add(CONVOLUTION, x, weights(0, 4, 4, 3, 3)), skip));
        Graph graph = net.show(y);
        Graph after = Pipelines.plan(graph, new Firings());
        Rewrites.assertSame(graph, after);
        assertThat(Rewrites.operators(after)).containsExactly("Quantized");
        assertThat(Rewrites.only(after, Quantized.class).inputs()).hasSize(4);
    }

    @Test
    void aSumTakesInItsQuantization() {
        String a = dequantize(net.input(DataType.INT8, "a", "N", 3), 0.5, DataType.INT8, 0);
        String b = dequantize(net.input(DataType.UINT8, "b", "N", 3), 0.25, DataType.UINT8, 10);
        String sum = net.add(new Activations.Relu(), net.add(new Arithmetic.Add(), a, b));
        Graph graph = net.show(quantize(sum, 0.5, DataType.UINT8, 4));
        Graph after = Pipelines.plan(graph, new Firings());
        Rewrites.assertSame(graph, after);
        assertThat(Rewrites.operators(after)).containsExactly("Quantized");
    }

    @Test
    void thePartsOfAConcatenationAreBroughtToItsScale() {
        String a = dequantize(net.input(DataType.INT8, "a", "N", 3, 5, 5), 0.5, DataType.INT8, 0);
        String b = dequantize(net.input(DataType.UINT8, "b", "N", 4, 5, 5), 0.25, DataType.UINT8, 10);
        String c = net.add(new Activations.Relu(), net.input("c", "N", 2, 5, 5));
        Graph graph = net.show(quantize(net.add(new Movement.Concat(1), a, b, c), 0.5, DataType.INT8, 0));
        Graph moved = Rewrites.fire(graph, new MoveQuantization());
        Graph after = Pipelines.plan(graph, new Firings());
        Rewrites.assertSame(graph, moved);
        Rewrites.assertSame(graph, after);
        assertThat(Rewrites.operators(after)).containsExactlyInAnyOrder("Relu", "QuantizeLinear", "Quantized", "Concat");
    }

    @Test
    void aConcatenationThatOthersReadIsQuantizedAsAWhole() {
        String a = dequantize(net.input(DataType.INT8, "a", "N", 3), 0.5, DataType.INT8, 0);
        String whole = net.add(new Movement.Concat(1), a, a);
        Graph graph = net.show(quantize(whole, 0.25, DataType.INT8, 0), net.add(new Activations.Tanh(), whole));
        Rewrites.leave(graph, new MoveQuantization());
    }

    @Test
    void theMeanOverPlanesOfBytesIsPooling() {
        for (boolean keepDims : new boolean[] {true, false}) {
            TestNetwork other = new TestNetwork();
            String scale = other.filled(0.5);
            String zero = other.constant(Tensor.scalar(DataType.INT8, 0));
            String x = other.add(new Quantization.DequantizeLinear(DataType.FLOAT32, 1, 0), other.input(DataType.INT8, "x", "N", 3, 5, 5), scale, zero);
            String y = other.add(new Quantization.QuantizeLinear(DataType.INT8, 1, 0, DataType.FLOAT32),
                    other.add(new Reductions.ReduceMean(List.of(-1L, 2L), keepDims, false), x), scale, zero);
            Graph after = Pipelines.plan(other.show(y), new Firings());
            assertThat(Rewrites.operators(after)).containsExactlyElementsOf(keepDims ? List.of("Quantized") : List.of("Quantized", "Reshape"));
            assertThat(Rewrites.only(after, Quantized.class).layer()).isInstanceOf(Pooling.GlobalAveragePool.class);
        }
    }

    @Test
    void otherMeansAndMeansOfNumbersAreLeft() {
        String x = dequantize(net.input(DataType.INT8, "x", "N", 3, 5, 5), 0.5, DataType.INT8, 0);
        String rows = quantize(net.add(new Reductions.ReduceMean(List.of(3L), true, false), x), 0.5, DataType.INT8, 0);
        String real = net.add(new Reductions.ReduceMean(List.of(2L, 3L), true, false), net.input("r", "N", 3, 5, 5));
        Rewrites.leave(net.show(rows, real), RecognizeGlobalAveragePool.ofBytes());
    }

    @Test
    void bytesOfOneScaleBecomeBytesOfAnother() {
        String x = dequantize(net.input(DataType.INT8, "x", "N", 3), 0.5, DataType.INT8, 0);
        Graph graph = net.show(quantize(x, 0.3, DataType.UINT8, 7));
        Graph after = Rewrites.fire(graph, new FuseRequantization());
        Rewrites.assertSame(graph, after);
        assertThat(Rewrites.operators(after)).containsExactly("Quantized");
    }

    @Test
    void bytesThatKeepTheirScaleAreNoLayer() {
        String x = dequantize(net.input(DataType.INT8, "x", "N", 3), 0.5, DataType.INT8, 0);
        Graph graph = net.show(quantize(x, 0.5, DataType.INT8, 0));
        Rewrites.leave(graph, new FuseRequantization());
    }

    private String bytes(long... sizes) {
        Tensor tensor = Tensor.zeros(DataType.INT8, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setLong(i, i * 31 % 255 - 127);
        }
        return net.constant(tensor);
    }

    @Test
    void quantizedProductsOfOnnxAreRecognised() {
        String zero = net.constant(Tensor.scalar(DataType.UINT8, 3));
        String noZero = net.constant(Tensor.zeros(DataType.INT8, 4));
        Tensor offsets = Tensor.zeros(DataType.INT32, 4);
        offsets.setLong(1, -2000);
        String bias = net.constant(offsets);
        String x = net.input(DataType.UINT8, "x", "N", 3, 5, 5);
        String y = net.add(new Quantization.QLinearConv(CONVOLUTION.strides(), CONVOLUTION.dilations(), CONVOLUTION.padsBegin(),
                CONVOLUTION.padsEnd(), 1), x, net.filled(0.5), zero, bytes(4, 3, 3, 3), net.positive(4), noZero, net.filled(256), zero, bias);
        String z = net.add(new Quantization.QLinearMatMul(), y, net.filled(0.5), zero, bytes(5, 2), net.filled(0.25),
                net.constant(Tensor.scalar(DataType.INT8, 0)), net.filled(2), zero);
        Graph graph = net.show(z);
        Graph after = Rewrites.fire(graph, new RecognizeQuantizedProducts());
        assertThat(Rewrites.operators(after)).containsExactly("Quantized", "Quantized");
    }

    @Test
    void aQuantizedProductOfUnknownScaleIsLeft() {
        String zero = net.constant(Tensor.scalar(DataType.INT8, 0));
        String a = net.input(DataType.INT8, "a", "N", 5);
        Rewrites.leave(net.show(net.add(new Quantization.QLinearMatMul(), a, net.input("scale"), zero, bytes(5, 2), net.filled(0.25), zero,
                net.filled(2), zero)), new RecognizeQuantizedProducts());
    }

    @Test
    void aRealSumIsLeft() {
        String a = dequantize(net.input(DataType.INT8, "a", "N", 3), 0.5, DataType.INT8, 0);
        Rewrites.leave(net.show(quantize(net.add(new Arithmetic.Add(), a, net.input("x", "N", 3)), 0.5, DataType.INT8, 0)),
                new FuseQuantization());
    }

    @Test
    void aLayerOfRealWeightsIsLeft() {
        String x = dequantize(net.input(DataType.INT8, "x", "N", 8), 0.02, DataType.INT8, 0);
        Rewrites.leave(net.show(net.add(new MatMul(), x, net.random(8, 4))), new FuseQuantization());
    }

    @Test
    void aScaleThatIsNoConstantIsLeft() {
        String x = net.add(new Quantization.DequantizeLinear(DataType.FLOAT32, 1, 0), net.input(DataType.INT8, "x", "N", 8),
                net.input("scale"));
        Rewrites.leave(net.show(net.add(new MatMul(), x, weights(1, 8, 4))), new FuseQuantization());
    }

    @Test
    void quantizingWhatWasDequantizedCancels() {
        String q = net.input(DataType.INT8, "x", "N", 8);
        String same = quantize(dequantize(q, 0.1, DataType.INT8, 2), 0.1, DataType.INT8, 2);
        Graph after = Rewrites.fire(net.show(net.add(new Movement.Transpose(List.of(1L, 0L)), same)), new CancelQuantization());
        assertThat(Rewrites.operators(after)).containsExactly("Transpose");
    }

    @Test
    void quantizingWithOtherParametersIsLeft() {
        String q = net.input(DataType.INT8, "x", "N", 8);
        Rewrites.leave(net.show(quantize(dequantize(q, 0.1, DataType.INT8, 2), 0.1, DataType.INT8, 1)), new CancelQuantization());
    }

    @Test
    void bytesAreMovedRatherThanNumbers() {
        String a = dequantize(net.input(DataType.INT8, "a", "N", 2, 3), 0.1, DataType.INT8, 0);
        String b = dequantize(net.input(DataType.INT8, "b", "N", 4, 3), 0.1, DataType.INT8, 0);
        String joined = net.add(new Movement.Transpose(List.of(0L, 2L, 1L)), net.add(new Movement.Concat(1), a, b));
        Graph after = Rewrites.fire(net.show(joined), new MoveDequantization());
        assertThat(Rewrites.operators(after)).containsExactly("Concat", "Transpose", "DequantizeLinear");
    }

    @Test
    void theLargestBytesAreTheLargestNumbers() {
        String x = dequantize(net.input(DataType.INT8, "x", "N", 2, 6, 6), 0.1, DataType.INT8, 5);
        PoolingWindow window = new PoolingWindow(List.of(3L, 3L), List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), false);
        Graph after = Rewrites.fire(net.show(net.add(new Pooling.MaxPool(window, false), x)), new MoveDequantization());
        assertThat(Rewrites.operators(after)).containsExactly("MaxPool", "DequantizeLinear");
    }

    @Test
    void numbersOfDifferentScalesAreLeft() {
        String a = dequantize(net.input(DataType.INT8, "a", "N", 2, 3), 0.1, DataType.INT8, 0);
        String b = dequantize(net.input(DataType.INT8, "b", "N", 4, 3), 0.2, DataType.INT8, 0);
        Rewrites.leave(net.show(net.add(new Movement.Concat(1), a, b)), new MoveDequantization());
    }

    @Test
    void planKeepsWeightsInBytesAndADeviceWithoutKernelsDequantizesThem() {
        String x = dequantize(net.input(DataType.UINT8, "x", "N", 3, 5, 5), 0.02, DataType.UINT8, 3);
        String y = net.add(CONVOLUTION, x, weights(0, 4, 3, 3, 3));
        Graph graph = net.show(quantize(y, 3, DataType.INT8, 0));
        Graph plan = Pipelines.plan(graph, new Firings());
        assertThat(Rewrites.only(plan, Quantized.class)).isNotNull();
        assertThat(plan.constants().values()).anyMatch(c -> c.dataType() == DataType.INT8 && c.rank() == 4);
        Set<String> all = plan.nodes().stream().map(Node::name).collect(Collectors.toSet());
        Graph device = Pipelines.device(plan, all);
        Rewrites.assertSame(graph, device);
        assertThat(Rewrites.operators(device)).containsExactly("DequantizeLinear", "Convolution", "QuantizeLinear");
    }
}
