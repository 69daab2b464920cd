package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What small networks compute on normal data, eight rows at a time. */
final class Ranges {

    private static final Map<String, Long> ROWS = Map.of("N", 8L);

    private Ranges() { }

    /** The largest magnitude of each value that int8 plans know. */
    static Map<String, Float> of(Graph graph) {
        Map<String, Float> ranges = new HashMap<>();
        values(graph).forEach((name, tensor) -> {
            float largest = 0;
            for (float x : tensor.toFloats()) {
                largest = Math.max(largest, Math.abs(x));
            }
            ranges.put(name, largest);
        });
        return ranges;
    }

    /** The values that int8 plans know, on one batch. */
    static Map<String, Tensor> values(Graph graph) {
        Graph bound = graph.bind(ROWS);
        GraphBuilder builder = new GraphBuilder("observed");
        bound.inputs().forEach(input -> builder.input(input, bound.type(input)));
        bound.constants().forEach(builder::constant);
        bound.nodes().forEach(builder::add);
        List<String> names = QuantizableValues.of(bound);
        names.forEach(name -> builder.output(name, name));
        List<HostValue> results = ReferenceEvaluator.run(builder.build(), inputs(bound, 1));
        Map<String, Tensor> values = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), (Tensor) results.get(i));
        }
        return values;
    }

    /** The ratio of signal to noise of the first result, in dB, on other rows. */
    static double signalToNoise(Graph real, Graph quantized) {
        Graph bound = real.bind(ROWS);
        List<HostValue> inputs = inputs(bound, 2);
        Tensor expected = (Tensor) ReferenceEvaluator.run(bound, inputs).get(0);
        Tensor actual = (Tensor) ReferenceEvaluator.run(quantized.bind(ROWS), inputs).get(0);
        double signal = 0;
        double noise = 0;
        for (long i = 0; i < expected.elements(); i++) {
            signal += expected.getDouble(i) * expected.getDouble(i);
            noise += Math.pow(expected.getDouble(i) - actual.getDouble(i), 2);
        }
        return 10 * Math.log10(signal / noise);
    }

    /** The root mean square error of the means of the first result's columns, on the rows of {@link #values}. */
    static double meanError(Graph real, Graph quantized) {
        Graph bound = real.bind(ROWS);
        List<HostValue> inputs = inputs(bound, 1);
        Tensor expected = (Tensor) ReferenceEvaluator.run(bound, inputs).get(0);
        Tensor actual = (Tensor) ReferenceEvaluator.run(quantized.bind(ROWS), inputs).get(0);
        int columns = (int) expected.size(1);
        double[] errors = new double[columns];
        for (long i = 0; i < expected.elements(); i++) {
            errors[(int) (i % columns)] += (actual.getDouble(i) - expected.getDouble(i)) / expected.size(0);
        }
        double sum = 0;
        for (double error : errors) {
            sum += error * error;
        }
        return Math.sqrt(sum / columns);
    }

    private static List<HostValue> inputs(Graph bound, long seed) {
        Random random = new Random(seed);
        List<HostValue> inputs = new ArrayList<>();
        for (String input : bound.inputs()) {
            TensorType type = bound.tensor(input);
            Tensor tensor = Tensor.zeros(DataType.FLOAT32, type.shape().sizes());
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setDouble(i, random.nextGaussian());
            }
            inputs.add(tensor);
        }
        return inputs;
    }
}
