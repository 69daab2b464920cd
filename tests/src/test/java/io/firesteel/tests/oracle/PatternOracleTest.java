package io.firesteel.tests.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.plan.Plan;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Groups of operators that exporters write and the optimizer fuses. */
class PatternOracleTest {

    private final RandomTensors random = new RandomTensors(20);

    @Test
    void convolutionBatchNormResidualRelu() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(2, 32, 9, 11));
        String inner = network.node("Relu", Map.of(), normalized(network, convolution(network, x, 32, 32, 3)));
        String outer = normalized(network, convolution(network, inner, 32, 32, 3));
        String y = network.node("Relu", Map.of(), network.node("Add", Map.of(), outer, x));
        assertThat(Agreement.check(network.output(y)).graph().nodes()).hasSize(2);
    }

    @Test
    void squeezeAndExcite() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(2, 24, 7, 7));
        String mean = network.node("GlobalAveragePool", Map.of(), x);
        String small = network.node("Relu", Map.of(), convolution(network, mean, 24, 6, 1));
        String gate = network.node("HardSigmoid", Map.of("alpha", 1 / 6f), convolution(network, small, 6, 24, 1));
        Agreement.check(network.output(network.node("Mul", Map.of(), gate, x)));
    }

    @Test
    void inceptionBranches() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(2, 48, 8, 8));
        String one = network.node("Relu", Map.of(), convolution(network, x, 48, 16, 1));
        String two = network.node("Relu", Map.of(), convolution(network, x, 48, 32, 1));
        String three = network.node("Relu", Map.of(), convolution(network, two, 32, 24, 3));
        String pooled = network.node("MaxPool", Map.of("kernel_shape", new long[] {3, 3}, "pads", new long[] {1, 1, 1, 1}), x);
        String four = network.node("Relu", Map.of(), convolution(network, pooled, 48, 16, 1));
        Agreement.check(network.output(network.node("Concat", Map.of("axis", 1), one, two, three, four)));
    }

    @Test
    void geluByErf() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.node("MatMul", Map.of(), network.input(random.floats(2, 5, 16)), network.constant(random.floats(16, 24)));
        String biased = network.node("Add", Map.of(), x, network.constant(random.floats(24)));
        String erf = network.node("Erf", Map.of(), network.node("Div", Map.of(), biased, scalar(network, Math.sqrt(2))));
        String half = network.node("Mul", Map.of(), biased, network.node("Add", Map.of(), erf, scalar(network, 1)));
        Agreement.check(network.output(network.node("Mul", Map.of(), half, scalar(network, 0.5))));
    }

    @Test
    void geluByTanh() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floatsIn(-4, 4, 3, 7, 10));
        String cube = network.node("Pow", Map.of(), x, scalar(network, 3));
        String sum = network.node("Add", Map.of(), x, network.node("Mul", Map.of(), cube, scalar(network, 0.044715)));
        String tanh = network.node("Tanh", Map.of(), network.node("Mul", Map.of(), sum, scalar(network, Math.sqrt(2 / Math.PI))));
        String half = network.node("Mul", Map.of(), x, scalar(network, 0.5));
        Agreement.check(network.output(network.node("Mul", Map.of(), half,
                network.node("Add", Map.of(), tanh, scalar(network, 1)))));
    }

    @Test
    void siluAndHardSwish() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = convolution(network, network.input(random.floats(2, 16, 6, 6)), 16, 32, 3);
        String silu = network.node("Mul", Map.of(), x, network.node("Sigmoid", Map.of(), x));
        String gate = network.node("HardSigmoid", Map.of("alpha", 1 / 6f), silu);
        Agreement.check(network.output(network.node("Mul", Map.of(), silu, gate)));
    }

    @Test
    void layerNormalizationFromPrimitives() {
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floatsIn(-3, 5, 2, 9, 32));
        String centred = network.node("Sub", Map.of(), x, network.node("ReduceMean", Map.of("axes", new long[] {-1}), x));
        String variance = network.node("ReduceMean", Map.of("axes", new long[] {-1}),
                network.node("Pow", Map.of(), centred, scalar(network, 2)));
        String deviation = network.node("Sqrt", Map.of(), network.node("Add", Map.of(), variance, scalar(network, 1e-5)));
        String scaled = network.node("Mul", Map.of(), network.node("Div", Map.of(), centred, deviation),
                network.constant(random.floats(32)));
        Plan plan = Agreement.check(network.output(
                network.node("Add", Map.of(), scaled, network.constant(random.floats(32)))), 10);
        assertThat(plan.graph().nodes()).hasSize(1);
    }

    @RepeatedTest(8)
    void attentionFromPrimitives(RepetitionInfo repetition) {
        RandomTensors own = new RandomTensors(repetition.getCurrentRepetition());
        long batch = own.between(1, 3);
        long heads = own.between(1, 4);
        long rows = own.between(1, 9);
        long columns = own.between(1, 9);
        long width = own.oneOf(4, 8, 16);
        OnnxNetwork network = new OnnxNetwork(17);
        String query = network.input(own.floats(batch, heads, rows, width));
        String key = network.input(own.floats(batch, heads, columns, width));
        String value = network.input(own.floats(batch, heads, columns, width));
        String turned = network.node("Transpose", Map.of("perm", new long[] {0, 1, 3, 2}), key);
        String scores = network.node("Div", Map.of(), network.node("MatMul", Map.of(), query, turned),
                scalar(network, Math.sqrt(width)));
        String masked = switch (own.between(0, 3)) {
            case 0 -> scores;
            case 1 -> network.node("Add", Map.of(), scores, network.input(own.floats(batch, 1, 1, columns)));
            case 2 -> network.node("Add", Map.of(), scores, network.input(own.floats(1, 1, rows, columns)));
            default -> network.node("Add", Map.of(), scores, network.input(own.floats(batch, heads, rows, columns)));
        };
        String weights = network.node("Softmax", Map.of("axis", -1), masked);
        Agreement.check(network.output(network.node("MatMul", Map.of(), weights, value)));
    }

    @RepeatedTest(12)
    void productPlusBroadcastOperand(RepetitionInfo repetition) {
        RandomTensors own = new RandomTensors(repetition.getCurrentRepetition());
        long[] batch = own.between(1, 3, 2);
        long rows = own.between(1, 9);
        long columns = own.between(1, 20);
        OnnxNetwork network = new OnnxNetwork(17);
        String product = network.node("MatMul", Map.of(), network.input(own.floats(batch[0], batch[1], rows, 8)),
                network.input(own.floats(batch[0], batch[1], 8, columns)));
        Tensor operand = own.oneOf(own.floats(rows, columns), own.floats(batch[0], 1, rows, columns),
                own.floats(batch[1], 1, 1), own.floats(rows, 1), own.floats(batch[0], 1, 1, columns), own.floats(1));
        Agreement.check(network.output(network.node("Add", Map.of(), product, network.input(operand))));
    }

    @Test
    void productPlusOperandOfAllHeads() {
        for (long columns = 1; columns <= 20; columns++) {
            OnnxNetwork network = new OnnxNetwork(17);
            String product = network.node("MatMul", Map.of(), network.input(random.floats(1, 2, 2, 8)),
                    network.input(random.floats(1, 2, 8, columns)));
            Agreement.check(network.output(network.node("Add", Map.of(), product, network.input(random.floats(1, 1, 2, columns)))));
        }
    }

    private String convolution(OnnxNetwork network, String x, long inputs, long outputs, long kernel) {
        long pad = kernel / 2;
        return network.node("Conv", Map.of("kernel_shape", new long[] {kernel, kernel}, "pads", new long[] {pad, pad, pad, pad}),
                x, network.constant(random.floatsIn(-0.2, 0.2, outputs, inputs, kernel, kernel)),
                network.constant(random.floats(outputs)));
    }

    private String normalized(OnnxNetwork network, String x) {
        return network.node("BatchNormalization", Map.of(), x, network.constant(random.floatsIn(0.5, 2, 32)),
                network.constant(random.floats(32)), network.constant(random.floats(32)),
                network.constant(random.floatsIn(0.5, 2, 32)));
    }

    private static String scalar(OnnxNetwork network, double value) {
        return network.constant(Tensor.scalar(DataType.FLOAT32, value));
    }
}
