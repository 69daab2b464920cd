package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.Reshaping;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.QuantizableValues;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObservationTest {

    private static final int BATCH = 4;

    /** Odd channels, a concatenation of two convolutions, a residual addition, a mean over the image and a product. */
    private static Plan convolutions() {
        GraphBuilder g = new GraphBuilder("convolutions");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(3), Dim.of(9), Dim.of(7))));
        String a = g.add(new Activations.Relu(), convolve(g, x, 20, 3));
        String b = convolve(g, x, 16, 3);
        String c = convolve(g, x, 32, 3);
        String joined = g.add(new Movement.Concat(1), b, c);
        String deep = convolve(g, joined, 20, 48);
        String sum = g.add(new Activations.Relu(), g.add(new Arithmetic.Add(), deep, a));
        String mean = g.add(new Pooling.GlobalAveragePool(), sum);
        String flat = g.add(new Reshaping.Reshape(List.of(-1L, 20L), false), mean);
        g.output("y", g.add(new MatMul(), flat, g.constant(Networks.random(7, 20, 5))));
        return Networks.plan(g.build());
    }

    private static String convolve(GraphBuilder g, String x, long to, long from) {
        return g.add(new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), 1,
                PointwiseProgram.IDENTITY), x, g.constant(Networks.random(to + from, to, from, 3, 3)));
    }

    private static Map<String, float[]> observed(Engine engine, Tensor x, int count, List<String> values) {
        Observation observation = engine.observation(BATCH, values);
        Map<String, List<Float>> seen = new HashMap<>();
        observation.run(count, new ByteBuffer[] {Networks.direct(x)}, (value, bits, length) -> {
            List<Float> list = seen.computeIfAbsent(observation.values().get(value), v -> new ArrayList<>());
            for (int i = 0; i < length; i++) {
                list.add(Float.intBitsToFloat(bits[i]));
            }
        });
        Map<String, float[]> sorted = new HashMap<>();
        seen.forEach((name, list) -> {
            float[] all = new float[list.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = list.get(i);
            }
            Arrays.sort(all);
            sorted.put(name, all);
            assertThat((long) all.length).as(name).isEqualTo(count * observation.rowElements(observation.values().indexOf(name)));
        });
        return sorted;
    }

    /** The same values as outputs of the network. */
    private static Map<String, float[]> shown(Plan plan, String device, Tensor x, List<String> values) {
        Graph graph = plan.graph();
        GraphBuilder builder = new GraphBuilder("shown");
        graph.inputs().forEach(i -> builder.input(i, graph.type(i)));
        graph.constants().forEach(builder::constant);
        graph.nodes().forEach(builder::add);
        values.forEach(v -> builder.output(v, v));
        Map<String, float[]> shown = new HashMap<>();
        Plan open = new Plan("shown", builder.build(), Precision.FP32, Map.of(), Map.of(), 0, List.of(), "");
        try (Engine engine = Engine.open(open, Backends.device(device), EngineOptions.defaults())) {
            List<HostValue> results = engine.evaluate(List.of(x));
            for (int i = 0; i < values.size(); i++) {
                float[] all = ((Tensor) results.get(i)).toFloats();
                Arrays.sort(all);
                shown.put(values.get(i), all);
            }
        }
        return shown;
    }

    @ParameterizedTest
    @CsvSource({"cpu,4", "cpu,3", "cpu,1", "reference,4", "reference,3"})
    void showsTheElementsOfTheRowsAndNoPadding(String device, int count) {
        Plan plan = convolutions();
        Tensor x = Networks.random(count, count, 3, 9, 7);
        List<String> values = QuantizableValues.of(plan.graph());
        try (Engine engine = Engine.open(plan, Backends.device(device), EngineOptions.defaults())) {
            Map<String, float[]> observed = observed(engine, x, count, values);
            assertThat(observed.keySet()).containsExactlyInAnyOrderElementsOf(values);
            shown(plan, device, x, values).forEach((name, elements) -> {
                assertThat(observed.get(name)).as(name).hasSameSizeAs(elements);
                for (int i = 0; i < elements.length; i++) {
                    assertThat(observed.get(name)[i]).as(name).isCloseTo(elements[i], within(1e-4f));
                }
            });
        }
    }

    @Test
    void choosesWhatInt8Reads() {
        Plan plan = convolutions();
        assertThat(QuantizableValues.of(plan.graph())).startsWith("x").hasSizeGreaterThanOrEqualTo(7)
                .allSatisfy(v -> assertThat(plan.graph().constant(v)).isEmpty());
    }

    @Test
    void refusesLowerPrecision() {
        Plan plan = convolutions();
        Plan half = new Plan("half", plan.graph(), Precision.BF16, Map.of(), Map.of(), 0, List.of(), "");
        try (Engine engine = Engine.open(half, Backends.device("cpu"), EngineOptions.defaults())) {
            if (engine.precision() == Precision.BF16) {
                assertThatThrownBy(() -> engine.observation(BATCH, List.of("x"))).isInstanceOf(FiresteelException.class)
                        .hasMessageContaining("fp32");
            } else {
                assertThat(engine.observation(BATCH, List.of("x")).values()).containsExactly("x");
            }
        }
    }
}
