package io.firesteel.tests.oracle;

import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class ConvolutionOracleTest {

    @RepeatedTest(60)
    void convolution(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int spatial = random.between(1, 3);
        int groups = random.oneOf(1, 1, 2, 3, 16);
        int inputs = random.oneOf(1, 2, 3, 5, 16);
        int outputs = random.oneOf(1, 2, 3, 7, 16);
        long[] kernel = random.between(1, 4, spatial);
        long[] dilations = random.between(1, 2, spatial);
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("group", groups);
        attributes.put("kernel_shape", kernel);
        attributes.put("dilations", dilations);
        attributes.put("strides", random.between(1, 3, spatial));
        if (random.between(0, 3) == 0) {
            attributes.put("auto_pad", random.oneOf("SAME_UPPER", "SAME_LOWER", "VALID"));
            attributes.put("dilations", dilations = ones(spatial));
        } else {
            attributes.put("pads", random.between(0, 2, 2 * spatial));
        }
        long[] image = new long[2 + spatial];
        long[] weights = new long[2 + spatial];
        image[0] = random.between(1, 3);
        image[1] = (long) groups * inputs;
        weights[0] = (long) groups * outputs;
        weights[1] = inputs;
        for (int i = 0; i < spatial; i++) {
            image[2 + i] = (kernel[i] - 1) * dilations[i] + 1 + random.between(0, spatial == 3 ? 4 : 9);
            weights[2 + i] = kernel[i];
        }
        OnnxNetwork network = new OnnxNetwork(random.oneOf(11, 17, 22));
        boolean constant = random.between(0, 3) > 0;
        String x = network.input(random.floats(image));
        String w = network.value(random.floats(weights), constant);
        String y = random.coin() ? network.node("Conv", attributes, x, w)
                : network.node("Conv", attributes, x, w, network.value(random.floats(weights[0]), constant));
        Agreement.check(network.output(y));
    }

    @RepeatedTest(20)
    void winogradSizedConvolution(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(1000 + repetition.getCurrentRepetition());
        long channels = random.oneOf(16, 32, 64, 48);
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(random.between(1, 3), channels, random.between(5, 30), random.between(5, 30)));
        String w = network.constant(random.floats(random.oneOf(16, 32, 80), channels, 3, 3));
        long pad = random.between(0, 1);
        String y = network.node("Conv", Map.of("kernel_shape", new long[] {3, 3}, "pads", new long[] {pad, pad, pad, pad}), x, w);
        Agreement.check(network.output(y));
    }

    @RepeatedTest(40)
    void transposedConvolution(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int spatial = random.between(1, 2);
        int groups = random.oneOf(1, 1, 2, 4);
        int inputs = random.oneOf(1, 3, 8, 16);
        int outputs = random.oneOf(1, 2, 5, 16);
        long[] kernel = random.between(2, 4, spatial);
        long[] strides = random.between(1, 3, spatial);
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("group", groups);
        attributes.put("kernel_shape", kernel);
        attributes.put("strides", strides);
        if (random.coin()) {
            attributes.put("dilations", random.between(1, 2, spatial));
        }
        attributes.put("pads", random.between(0, 1, 2 * spatial));
        long[] padding = new long[spatial];
        for (int i = 0; i < spatial; i++) {
            padding[i] = random.between(0, (int) strides[i] - 1);
        }
        attributes.put("output_padding", padding);
        long[] image = new long[2 + spatial];
        long[] weights = new long[2 + spatial];
        image[0] = random.between(1, 3);
        image[1] = (long) groups * inputs;
        weights[0] = image[1];
        weights[1] = outputs;
        for (int i = 0; i < spatial; i++) {
            image[2 + i] = random.between(2, 8);
            weights[2 + i] = kernel[i];
        }
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(image));
        Tensor bias = random.floats((long) groups * outputs);
        String w = network.value(random.floats(weights), random.coin());
        String y = random.coin() ? network.node("ConvTranspose", attributes, x, w)
                : network.node("ConvTranspose", attributes, x, w, network.constant(bias));
        Agreement.check(network.output(y));
    }

    private static long[] ones(int count) {
        long[] ones = new long[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
