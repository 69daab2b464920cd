package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.MatMul;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Fp16RangeTest {

    private static final int WIDTH = 16;

    /** Four products of small weights around two whose values leave fp16's range and come back. */
    private static Plan network() {
        GraphBuilder g = new GraphBuilder("overflowing");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(WIDTH))));
        String small = product(g, x, 1, 0.25f);
        String large = product(g, small, 2, 3e5f);
        String back = product(g, large, 3, 1e-6f);
        String y = product(g, back, 4, 1);
        g.output("y", y);
        return Compiler.compile(g.build(), CompileOptions.of("overflowing", Precision.FP16));
    }

    private static String product(GraphBuilder g, String input, int seed, float scale) {
        Tensor weights = Networks.random(seed, WIDTH, WIDTH);
        Tensor scaled = Tensor.zeros(DataType.FLOAT32, WIDTH, WIDTH);
        for (long i = 0; i < weights.elements(); i++) {
            scaled.setDouble(i, weights.getDouble(i) * scale);
        }
        String product = g.add(new MatMul(), input, g.constant(scaled));
        return g.add(new Activations.Relu(), product);
    }

    private static Plan ranged() {
        try (Fp16Range range = new Fp16Range(network())) {
            range.observe(List.of(Networks.random(7, 21, WIDTH)));
            return range.result();
        }
    }

    @Test
    void findsTheLayersWhoseValuesFp16CannotHold() {
        Plan plan = ranged();
        List<String> nodes = plan.graph().nodes().stream().map(n -> n.name()).toList();
        assertThat(nodes).hasSize(4);
        assertThat(plan.fp16Overflows().keySet()).containsExactlyInAnyOrder(nodes.get(1), nodes.get(2));
        assertThat(plan.fp16Overflows().get(nodes.get(1))).startsWith("not in fp16: '").contains("of 65504 that fp16 holds");
    }

    @Test
    void aPlanRemembersThem(@TempDir Path folder) {
        Plan plan = ranged();
        Plan written = PlanWriter.write(plan, folder.resolve("a.plan"));
        assertThat(PlanReader.read(folder.resolve("a.plan")).fp16Overflows()).isEqualTo(plan.fp16Overflows());
        assertThat(written.hash()).isNotEqualTo(PlanWriter.write(network(), folder.resolve("b.plan")).hash());
    }

    @Test
    void layersThatFitAreLeft() {
        try (Fp16Range range = new Fp16Range(Networks.twoLayers())) {
            range.observe(List.of(Networks.random(7, 5, 6)));
            assertThat(range.result().fp16Overflows()).isEmpty();
        }
    }

    @Test
    void rowsOfAnotherSizeAreRefused() {
        try (Fp16Range range = new Fp16Range(network())) {
            assertThatThrownBy(() -> range.observe(List.of(Networks.random(7, 5, 6)))).isInstanceOf(FiresteelException.class)
                    .hasMessageContaining("the sample of input");
        }
    }

    /** The host's evaluator as a device that computes in fp16 and says what precision each layer is offered in. */
    private static final class Half extends HostDevice {
        private final Map<String, Precision> asked = new HashMap<>();

        @Override
        public Precision precision(Precision permitted) {
            return permitted;
        }

        @Override
        public Offer offer(Layer layer) {
            asked.put(layer.node().name(), layer.precision());
            return super.offer(layer);
        }
    }

    @Test
    void theyAreComputedInAWiderPrecision() {
        Plan plan = ranged();
        Half device = new Half();
        try (Engine engine = new Engine(plan, device, EngineOptions.defaults().withSessions(1))) {
            engine.program(8).steps().forEach(step -> {
                String reason = plan.fp16Overflows().get(step.name());
                assertThat(device.asked.get(step.name())).as(step.name()).isEqualTo(reason == null ? Precision.FP16 : Precision.TF32);
                assertThat(step.reason()).isEqualTo(reason == null ? "" : reason);
            });
        }
    }

    @Test
    @Tag("gpu")
    void onAGpuTheResultIsRightOnlyWithThem() {
        Tensor x = Networks.random(9, 8, WIDTH);
        float[] expected = ((Tensor) ReferenceEvaluator.run(network().graph(), List.of(x)).get(0)).toFloats();
        float most = 0;
        for (float value : expected) {
            most = Math.max(most, Math.abs(value));
        }
        assertThat(run(ranged(), x)).containsExactly(expected, Offset.offset(most * 0.01f));
        boolean finite = true;
        for (float value : run(network(), x)) {
            finite &= Float.isFinite(value);
        }
        assertThat(finite).as("in fp16 throughout").isFalse();
    }

    private static float[] run(Plan plan, Tensor x) {
        try (Engine engine = Engine.open(plan, Backends.device("cuda"), EngineOptions.defaults().withBuckets(List.of(8)))) {
            ByteBuffer y = Networks.direct(8 * WIDTH);
            engine.run(8, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
            return Networks.floats(y);
        }
    }
}
