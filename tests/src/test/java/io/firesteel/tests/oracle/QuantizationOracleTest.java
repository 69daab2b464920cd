package io.firesteel.tests.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Quantized;
import io.firesteel.plan.Plan;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class QuantizationOracleTest {

    /** A convolution with a residual between quantized tensors; scales are powers of two, so that no sum rounds. */
    @RepeatedTest(12)
    void convolutionWithResidual(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(19);
        int channels = random.between(1, 3) * 4;
        DataType type = random.oneOf(DataType.INT8, DataType.UINT8);
        String x = dequantize(network, network.input(random.of(type, 0, 100, 2, channels, 6, 5)), 0.0625, type, random.between(0, 3));
        String skip = dequantize(network, network.input(random.of(DataType.INT8, -100, 100, 2, 8, 6, 5)), 0.25, DataType.INT8, 0);
        Tensor scales = Tensor.zeros(DataType.FLOAT32, 8);
        for (int i = 0; i < 8; i++) {
            scales.setDouble(i, Math.scalb(1, -random.between(2, 6)));
        }
        String w = network.node("DequantizeLinear", Map.of("axis", 0), network.constant(random.of(DataType.INT8, -127, 128, 8, channels, 3, 3)),
                network.constant(scales));
        String y = network.node("Conv", Map.of("pads", new long[] {1, 1, 1, 1}), x, w);
        String sum = network.node("Relu", Map.of(), network.node("Add", Map.of(), y, skip));
        Plan plan = Agreement.check(network.output(quantize(network, sum, 8, DataType.INT8, 0)));
        assertThat(plan.graph().nodes()).singleElement().matches(n -> n.operator() instanceof Quantized);
    }

    @RepeatedTest(8)
    void matrixProduct(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(19);
        int inner = random.between(1, 40);
        String x = dequantize(network, network.input(random.of(DataType.UINT8, 0, 256, 3, inner)), 0.125, DataType.UINT8,
                random.between(0, 200));
        String w = dequantize(network, network.constant(random.of(DataType.INT8, -127, 128, inner, 7)), 0.5, DataType.INT8, 0);
        String y = network.node("MatMul", Map.of(), x, w);
        Agreement.check(network.output(random.coin() ? y : quantize(network, y, 16, DataType.UINT8, random.between(0, 255))));
    }

    private static String quantize(OnnxNetwork network, String value, double scale, DataType type, long zeroPoint) {
        return network.node("QuantizeLinear", Map.of(), value, network.constant(Tensor.scalar(DataType.FLOAT32, scale)),
                network.constant(Tensor.scalar(type, zeroPoint)));
    }

    private static String dequantize(OnnxNetwork network, String value, double scale, DataType type, long zeroPoint) {
        return network.node("DequantizeLinear", Map.of(), value, network.constant(Tensor.scalar(DataType.FLOAT32, scale)),
                network.constant(Tensor.scalar(type, zeroPoint)));
    }
}
