package io.firesteel.tests.oracle;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolingOracleTest {

    @RepeatedTest(40)
    void maxPool(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int spatial = random.between(1, 3);
        Map<String, Object> attributes = window(random, spatial);
        long[] kernel = (long[]) attributes.get("kernel_shape");
        attributes.put("dilations", random.between(1, 2, spatial));
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(image(random, kernel)));
        Agreement.check(network.outputs(network.node("MaxPool", random.between(1, 2), attributes, x)));
    }

    @RepeatedTest(40)
    void averagePool(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int spatial = random.between(1, 3);
        Map<String, Object> attributes = window(random, spatial);
        attributes.put("count_include_pad", random.between(0, 1));
        OnnxNetwork network = new OnnxNetwork(random.oneOf(11, 22));
        String x = network.input(random.floats(image(random, (long[]) attributes.get("kernel_shape"))));
        Agreement.check(network.output(network.node("AveragePool", attributes, x)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"})
    void globalPools(String type) {
        RandomTensors random = new RandomTensors(type.hashCode());
        for (int spatial = 1; spatial <= 3; spatial++) {
            OnnxNetwork network = new OnnxNetwork(17);
            long[] sizes = random.between(1, 7, 2 + spatial);
            Agreement.check(network.output(network.node(type, Map.of(), network.input(random.floats(sizes)))));
        }
    }

    @RepeatedTest(10)
    void lpPool(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        Map<String, Object> attributes = window(random, 2);
        attributes.remove("ceil_mode");
        attributes.put("p", random.between(1, 3));
        OnnxNetwork network = new OnnxNetwork(17);
        String x = network.input(random.floats(image(random, (long[]) attributes.get("kernel_shape"))));
        Agreement.check(network.outputs(List.of(network.node("LpPool", attributes, x))));
    }

    /** Padding stays below the kernel, so that no window lies in padding alone. */
    private static Map<String, Object> window(RandomTensors random, int spatial) {
        long[] kernel = random.between(1, 4, spatial);
        long[] pads = new long[2 * spatial];
        for (int i = 0; i < pads.length; i++) {
            pads[i] = random.between(0, (int) (kernel[i % spatial] - 1) / 2);
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("kernel_shape", kernel);
        attributes.put("strides", random.between(1, 3, spatial));
        attributes.put("pads", pads);
        attributes.put("ceil_mode", random.between(0, 1));
        return attributes;
    }

    private static long[] image(RandomTensors random, long[] kernel) {
        long[] sizes = new long[2 + kernel.length];
        sizes[0] = random.between(1, 3);
        sizes[1] = random.oneOf(1, 3, 16, 20);
        for (int i = 0; i < kernel.length; i++) {
            sizes[2 + i] = 2 * kernel[i] + random.between(0, kernel.length == 3 ? 3 : 8);
        }
        return sizes;
    }
}
