package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ElementwiseOracleTest {

    @ParameterizedTest
    @ValueSource(strings = {"Abs", "Acosh", "Asinh", "Atan", "Ceil", "Celu", "Cos", "Cosh", "Elu", "Erf", "Exp", "Floor",
        "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Log", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu",
        "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Tan", "Tanh", "ThresholdedRelu", "Atanh", "Acos", "Asin"})
    void functionsOfOneValue(String type) {
        RandomTensors random = new RandomTensors(type.hashCode());
        double low = switch (type) {
            case "Acosh" -> 1.01;
            case "Log", "Sqrt", "Reciprocal" -> 0.01;
            case "Acos", "Asin", "Atanh" -> -0.95;
            default -> -6;
        };
        double high = low == -0.95 ? 0.95 : 6;
        for (long[] sizes : new long[][] {{}, {1}, {7, 1, 5}, {2, 3, 4, 17}}) {
            OnnxNetwork network = new OnnxNetwork(18);
            Agreement.check(network.output(network.node(type, Map.of(), network.input(random.floatsIn(low, high, sizes)))), 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "tanh"})
    void gelu(String approximate) {
        OnnxNetwork network = new OnnxNetwork(20);
        String x = network.input(new RandomTensors(1).floatsIn(-6, 6, 3, 50));
        Agreement.check(network.output(network.node("Gelu", Map.of("approximate", approximate), x)));
    }

    @RepeatedTest(60)
    void arithmeticBroadcasts(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        String type = random.oneOf("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Mod", "PRelu");
        DataType element = switch (type) {
            case "Pow", "PRelu" -> DataType.FLOAT32;
            case "Mod" -> random.oneOf(DataType.INT32, DataType.INT64, DataType.INT8);
            default -> random.oneOf(DataType.FLOAT32, DataType.FLOAT32, DataType.FLOAT64, DataType.INT32, DataType.INT64);
        };
        long[] whole = random.between(1, 6, random.between(0, 4));
        OnnxNetwork network = new OnnxNetwork(16);
        String a = network.input(random.of(element, 1, 9, type.equals("PRelu") ? whole : part(random, whole)));
        String b = network.value(random.of(element, 1, 5, part(random, whole)), random.coin());
        Agreement.check(network.output(network.node(type, Map.of(), a, b)));
    }

    /** Sums whose broadcast operand has more axes than the values it is added to, one after the other. */
    @RepeatedTest(4)
    void chainedSumsThatWiden(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(19);
        String sum = network.node("Add", Map.of(), network.constant(random.floats(2, 4)), network.input(random.floats(1, 1, 2, 4)));
        Agreement.check(network.output(network.node("Add", Map.of(), sum, network.input(random.floats(1, 4)))));
    }

    @RepeatedTest(20)
    void comparisonsBroadcast(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        DataType element = random.oneOf(DataType.FLOAT32, DataType.INT32, DataType.INT64);
        long[] whole = random.between(1, 6, random.between(0, 4));
        OnnxNetwork network = new OnnxNetwork(16);
        String a = network.input(random.of(element, 0, 4, part(random, whole)));
        String b = network.input(random.of(element, 0, 4, part(random, whole)));
        String less = network.node(random.oneOf("Less", "LessOrEqual"), Map.of(), a, b);
        String equal = network.node(random.oneOf("Equal", "Greater", "GreaterOrEqual"), Map.of(), b, a);
        String logic = network.node(random.oneOf("And", "Or", "Xor"), Map.of(), less, equal);
        Agreement.check(network.output(less).output(equal).output(network.node("Not", Map.of(), logic)));
    }

    @RepeatedTest(30)
    void casts(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        DataType from = random.oneOf(DataType.FLOAT32, DataType.FLOAT64, DataType.FLOAT16, DataType.INT32, DataType.INT64,
                DataType.UINT8, DataType.INT8, DataType.BOOL);
        int to = random.oneOf(1, 2, 3, 6, 7, 9, 10, 11);
        OnnxNetwork network = new OnnxNetwork(13);
        Agreement.check(network.output(network.node("Cast", Map.of("to", to), network.input(random.of(from, 0, 100, 3, 7)))));
    }

    @RepeatedTest(20)
    void chainsOfPointwiseOperators(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        long[] sizes = random.between(1, 20, random.between(1, 4));
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floatsIn(-2, 2, sizes));
        String other = network.input(random.floatsIn(-2, 2, part(random, sizes)));
        String y = x;
        for (int i = random.between(2, 8); i > 0; i--) {
            y = switch (random.between(0, 5)) {
                case 0 -> network.node(random.oneOf("Relu", "Sigmoid", "Tanh", "Abs", "Neg", "HardSwish"), Map.of(), y);
                case 1 -> network.node("Add", Map.of(), y, network.constant(Tensor.scalar(DataType.FLOAT32, 0.5)));
                case 2 -> network.node("Mul", Map.of(), other, y);
                case 3 -> network.node("Sub", Map.of(), y, x);
                case 4 -> network.node("Clip", Map.of(), y, network.constant(Tensor.scalar(DataType.FLOAT32, -1)),
                        network.constant(Tensor.scalar(DataType.FLOAT32, 1.5)));
                default -> network.node("Max", Map.of(), y, other);
            };
        }
        Agreement.check(network.output(y));
    }

    /** Sizes that broadcast to the given ones: some made 1, some of the first left out. */
    private static long[] part(RandomTensors random, long[] whole) {
        int left = random.between(0, whole.length);
        long[] sizes = new long[left];
        for (int i = 0; i < left; i++) {
            sizes[i] = random.between(0, 2) == 0 ? 1 : whole[whole.length - left + i];
        }
        return sizes;
    }
}
