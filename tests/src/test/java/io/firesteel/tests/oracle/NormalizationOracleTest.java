package io.firesteel.tests.oracle;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class NormalizationOracleTest {

    @RepeatedTest(40)
    void softmaxFamilyOverEveryAxis(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        OnnxNetwork network = new OnnxNetwork(random.oneOf(11, 13, 17));
        String x = network.input(random.floatsIn(-8, 8, random.between(1, 9, rank)));
        String type = random.oneOf("Softmax", "LogSoftmax", "Hardmax");
        Agreement.check(network.output(network.node(type, Map.of("axis", random.between(-rank, rank - 1)), x)));
    }

    @RepeatedTest(30)
    void layerNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        long[] sizes = random.between(2, 17, rank);
        int axis = random.between(0, rank - 1);
        long[] normalized = Arrays.copyOfRange(sizes, axis, rank);
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floatsIn(-3, 5, sizes));
        String scale = network.value(random.floats(normalized), random.coin());
        Map<String, ?> attributes = Map.of("axis", random.coin() ? axis : axis - rank, "epsilon", random.oneOf(1e-5f, 1e-3f));
        String y = random.coin() ? network.node("LayerNormalization", attributes, x, scale)
                : network.node("LayerNormalization", attributes, x, scale,
                        network.value(random.floats(normalized), random.coin()));
        Agreement.check(network.output(y), 10);
    }

    @RepeatedTest(20)
    void batchNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        long[] sizes = random.between(1, 18, random.between(2, 5));
        long channels = sizes[1];
        boolean constant = random.coin();
        OnnxNetwork network = new OnnxNetwork(random.oneOf(9, 15));
        String x = network.input(random.floats(sizes));
        Agreement.check(network.output(network.node("BatchNormalization", Map.of("epsilon", 1e-3f), x,
                network.value(random.floatsIn(0.5, 2, channels), constant), network.value(random.floats(channels), constant),
                network.value(random.floats(channels), constant), network.value(random.floatsIn(0.1, 3, channels), constant))));
    }

    @RepeatedTest(20)
    void instanceNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        long[] sizes = random.between(2, 12, random.between(3, 5));
        OnnxNetwork network = new OnnxNetwork(17);
        Agreement.check(network.output(network.node("InstanceNormalization", Map.of("epsilon", 1e-3f),
                network.input(random.floats(sizes)), network.constant(random.floats(sizes[1])),
                network.constant(random.floats(sizes[1])))), 10);
    }

    @RepeatedTest(10)
    void groupNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int groups = random.between(1, 4);
        long channels = (long) groups * random.between(1, 4);
        OnnxNetwork network = new OnnxNetwork(21);
        Agreement.check(network.output(network.node("GroupNormalization", Map.of("epsilon", 1e-3f, "num_groups", groups),
                network.input(random.floats(2, channels, random.between(2, 9), random.between(2, 9))),
                network.constant(random.floats(channels)), network.constant(random.floats(channels)))), 10);
    }

    @RepeatedTest(10)
    void rmsNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(2, 4);
        long[] sizes = random.between(2, 19, rank);
        int axis = random.between(0, rank - 1);
        OnnxNetwork network = new OnnxNetwork(23);
        Agreement.check(network.output(network.node("RMSNormalization", Map.of("axis", axis - rank, "epsilon", 1e-3f),
                network.input(random.floatsIn(-3, 5, sizes)),
                network.value(random.floats(Arrays.copyOfRange(sizes, axis, rank)), random.coin()))), 10);
    }

    @RepeatedTest(10)
    void localResponseNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(17);
        Agreement.check(network.output(network.node("LRN",
                Map.of("size", random.oneOf(1, 3, 5), "alpha", 0.01f, "beta", 0.6f, "bias", 1.5f),
                network.input(random.floats(random.between(1, 9, 4))))));
    }

    @RepeatedTest(10)
    void lpNormalization(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        OnnxNetwork network = new OnnxNetwork(17);
        Agreement.check(network.output(network.node("LpNormalization",
                Map.of("axis", random.between(-rank, rank - 1), "p", random.between(1, 2)),
                network.input(random.floats(random.between(1, 9, rank))))));
    }
}
