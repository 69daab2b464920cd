package io.firesteel.tests.oracle;

import io.firesteel.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class ResizeOracleTest {

    @RepeatedTest(60)
    void resize(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        String mode = random.oneOf("nearest", "linear", "linear", "cubic");
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("mode", mode);
        attributes.put("coordinate_transformation_mode",
                random.oneOf("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"));
        if (mode.equals("nearest")) {
            attributes.put("nearest_mode", random.oneOf("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"));
        } else if (mode.equals("cubic")) {
            attributes.put("cubic_coeff_a", random.oneOf(-0.75f, -0.5f));
        }
        // Even sizes, so that halving one gives a whole number: ONNX and ONNX Runtime differ where corners are aligned otherwise.
        long[] sizes = {random.between(1, 2), random.between(1, 5), 2L * random.between(1, 5), 2L * random.between(1, 5)};
        int opset = random.oneOf(11, 13, 18);
        OnnxNetwork network = new OnnxNetwork(opset);
        String x = network.input(random.floats(sizes));
        String roi = network.constant(Tensor.floats(new long[] {0}));
        String y;
        if (random.coin()) {
            float height = random.oneOf(0.5f, 2f, 3f);
            float width = random.oneOf(0.5f, 2f, 1f);
            y = network.node("Resize", attributes, x, roi, network.constant(Tensor.floats(new long[] {4}, 1, 1, height, width)));
        } else {
            String scales = opset == 11 ? roi : "";
            y = network.node("Resize", attributes, x, roi, scales,
                    network.constant(Tensor.vector(sizes[0], sizes[1], random.between(1, 20), random.between(1, 20))));
        }
        Agreement.check(network.output(y));
    }

    @RepeatedTest(10)
    void upsample(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(9);
        String x = network.input(random.floats(1, random.between(1, 4), random.between(2, 6), random.between(2, 6)));
        Agreement.check(network.output(network.node("Upsample", Map.of("mode", random.oneOf("nearest", "linear")), x,
                network.constant(Tensor.floats(new long[] {4}, 1, 1, 2, 3)))));
    }

    @RepeatedTest(10)
    void depthToSpaceAndBack(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        long block = random.between(1, 3);
        OnnxNetwork network = new OnnxNetwork(13);
        String x = network.input(random.floats(2, block * block * random.between(1, 3), random.between(1, 4), 3));
        String y = network.node("DepthToSpace", Map.of("blocksize", block, "mode", random.oneOf("DCR", "CRD")), x);
        Agreement.check(network.output(network.node("SpaceToDepth", Map.of("blocksize", block), y)));
    }
}
