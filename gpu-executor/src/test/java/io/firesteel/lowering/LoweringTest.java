package io.firesteel.lowering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.Node;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Convolution;
import io.firesteel.op.Movement;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Reshaping;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LoweringTest {

    private static final Backend REFERENCE = Backends.open(Backends.device("reference"));

    private final GraphBuilder g = new GraphBuilder("test");

    private String input(String name, long... sizes) {
        return g.input(name, TensorType.of(DataType.FLOAT32, sizes));
    }

    private static Program lower(Graph graph) {
        return Lowering.lower(graph, List.of(REFERENCE), Precision.FP32);
    }

    private static long steps(Program program, Class<? extends Step> kind) {
        return program.steps().stream().filter(kind::isInstance).count();
    }

    private static void assertComputesLikeTheEvaluator(Graph graph) {
        Random random = new Random(4);
        List<HostValue> inputs = graph.inputs().stream().map(i -> {
            Tensor tensor = Tensor.zeros(DataType.FLOAT32, graph.tensor(i).shape().sizes());
            for (long k = 0; k < tensor.elements(); k++) {
                tensor.setDouble(k, random.nextGaussian());
            }
            return (HostValue) tensor;
        }).toList();
        List<HostValue> expected = ReferenceEvaluator.run(graph, inputs);
        Plan plan = new Plan("test", graph, Precision.FP32, Map.of(), Map.of(), 0, List.of(), "");
        assertThat(CompileOptions.of("test", Precision.FP32).precision()).isEqualTo(plan.precision());
        try (Engine engine = Engine.open(plan, REFERENCE.device(), EngineOptions.defaults())) {
            for (int round = 0; round < 2; round++) {
                List<HostValue> actual = engine.evaluate(inputs);
                for (int i = 0; i < expected.size(); i++) {
                    assertThat(((Tensor) actual.get(i)).contentEquals((Tensor) expected.get(i))).as("output %d", i).isTrue();
                }
            }
        }
    }

    @Test
    void joinsAndSplitsTensorsOfUnknownRank() {
        String x = g.input("x", TensorType.ofUnknownRank(DataType.FLOAT32));
        String joined = g.add(new Movement.Concat(1), g.add(new Activations.Relu(), x), x);
        List<String> parts = g.add(new Movement.EvenSplit(1, 2), 2, joined);
        g.output("y", g.add(new Arithmetic.Sub(), parts.get(0), parts.get(1)));
        Plan plan = new Plan("test", g.build(), Precision.FP32, Map.of(), Map.of(), 0, List.of(), "");
        try (Engine engine = Engine.open(plan, REFERENCE.device(), EngineOptions.defaults())) {
            assertThat(((Tensor) engine.evaluate(List.of(Tensor.floats(new long[] {1, 2}, -1, 3))).get(0)).getDouble(0)).isEqualTo(1);
        }
    }

    @Test
    void saysWhereASymbolHasTwoSizes() {
        TensorType type = TensorType.of(DataType.FLOAT32, 1).withShape(Shape.of(Dim.symbol("N")));
        g.output("y", g.add(new Arithmetic.Add(), g.input("a", type), g.input("b", type)));
        Plan plan = new Plan("test", g.build(), Precision.FP32, Map.of(), Map.of(), 0, List.of(), "");
        try (Engine engine = Engine.open(plan, REFERENCE.device(), EngineOptions.defaults())) {
            assertThatThrownBy(() -> engine.evaluate(List.of(Tensor.floats(new long[] {2}, 1, 2), Tensor.floats(new long[] {1}, 1))))
                    .hasMessageContaining("b: fp32[N] got fp32[1], but N is 2 elsewhere");
        }
    }

    @Test
    void producersWriteTheSlicesOfAConcatenation() {
        String x = input("x", 2, 3, 4);
        String a = g.add(new Activations.Relu(), x);
        String b = g.add(new Activations.Tanh(), x);
        String c = g.add(new Movement.Concat(1), a, b);
        g.output("y", g.add(new Activations.Sigmoid(), c));
        Graph graph = g.build();
        Program program = lower(graph);
        assertThat(program.steps()).extracting(Step::name).containsExactly("Relu", "Tanh", "Sigmoid");
        assertThat(program.reorders()).isZero();
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void partsThatCannotBeWrittenInPlaceAreCopied() {
        String x = input("x", 2, 3, 4);
        String shown = g.add(new Activations.Tanh(), x);
        String a = g.add(new Activations.Relu(), x);
        g.output("y", g.add(new Movement.Concat(1), x, a, shown));
        g.output("shown", shown);
        Graph graph = g.build();
        Program program = lower(graph);
        assertThat(steps(program, Step.Layer.class)).isEqualTo(2);
        assertThat(program.reorders()).isEqualTo(2);
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void nestedConcatenationsShareOneBuffer() {
        String x = input("x", 2, 3, 4);
        String a = g.add(new Activations.Relu(), x);
        String b = g.add(new Activations.Tanh(), x);
        String inner = g.add(new Movement.Concat(1), a, b);
        String c = g.add(new Activations.Sigmoid(), inner);
        g.output("y", g.add(new Movement.Concat(1), inner, c, g.add(new Activations.Relu(), inner)));
        Graph graph = g.build();
        Program program = lower(graph);
        assertThat(steps(program, Step.Layer.class)).isEqualTo(4);
        assertThat(program.reorders()).isZero();
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void aPartGivenTwiceIsCopied() {
        String x = input("x", 1, 2, 3);
        String a = g.add(new Activations.Relu(), x);
        g.output("y", g.add(new Movement.Concat(1), a, a));
        Graph graph = g.build();
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void concatenationAlongOtherAxesStaysAStep() {
        String x = input("x", 2, 3, 4);
        g.output("y", g.add(new Movement.Concat(2), g.add(new Activations.Relu(), x), g.add(new Activations.Tanh(), x)));
        Graph graph = g.build();
        assertThat(steps(lower(graph), Step.Layer.class)).isEqualTo(3);
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void consumersReadTheSlicesOfASplit() {
        String x = input("x", 2, 6, 4);
        List<String> parts = g.add(new Movement.Split(1, List.of(2L, 4L)), 2, g.add(new Activations.Tanh(), x));
        String a = g.add(new Activations.Relu(), parts.get(0));
        g.output("y", g.add(new Movement.Concat(1), a, parts.get(1)));
        g.output("z", g.add(new Activations.Sigmoid(), parts.get(1)));
        g.output("part", parts.get(0));
        Graph graph = g.build();
        assertThat(lower(graph).steps().stream().filter(Step.Layer.class::isInstance)).extracting(Step::name)
                .containsExactly("Tanh", "Relu", "Sigmoid");
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void viewsAreNoSteps() {
        String x = input("x", 2, 3, 4);
        String flat = g.add(new Reshaping.Reshape(List.of(2L, 12L), false), g.add(new Activations.Relu(), x));
        g.output("y", g.add(new Activations.Tanh(), flat));
        g.output("flat", flat);
        Graph graph = g.build();
        assertThat(lower(graph).steps()).extracting(Step::name).containsExactly("Relu", "Tanh");
        assertComputesLikeTheEvaluator(graph);
    }

    @Test
    void memoryIsReusedAlongAChain() {
        String value = input("x", 64, 64);
        for (int i = 0; i < 20; i++) {
            value = g.add(new Activations.Tanh(), value);
        }
        g.output("y", value);
        Program program = lower(g.build());
        assertThat(program.arenaBytes()).isEqualTo(2 * 64 * 64 * 4).isEqualTo(program.arenaLowerBoundBytes());
    }

    @Test
    void inputsAndConstantsCanBeOutputs() {
        String x = input("x", 2, 2);
        g.output("x", x);
        g.output("again", x);
        g.output("constant", g.constant(Tensor.floats(new long[] {2}, 1, 2)));
        g.output("sum", g.add(new Arithmetic.Add(), x, x));
        assertComputesLikeTheEvaluator(g.build());
    }

    @Test
    void convolutionsNormalizeImagesThemselvesWhereTheDeviceHasKernelsForThat() {
        String image = g.input("image", TensorType.of(DataType.UINT8, 2, 3, 6, 6));
        String factor = g.constant(Tensor.scalar(DataType.FLOAT32, 0.1));
        String scaled = g.add(new Arithmetic.Mul(), g.add(new Conversions.Cast(DataType.FLOAT32), image), factor);
        List<Long> ones = List.of(1L, 1L);
        Convolution convolution = new Convolution(ones, ones, ones, ones, 1, PointwiseProgram.IDENTITY);
        g.output("y", g.add(convolution, scaled, g.constant(Tensor.zeros(DataType.FLOAT32, 4, 3, 3, 3))));
        Bucket bucket = new Bucket(g.build());
        Backend without = Backends.open(Backends.device("cpu"));
        assertThat(Lowering.fuseNormalization(bucket, without, Precision.FP32)).isSameAs(bucket);
        assertThat(Lowering.fuseNormalization(bucket, REFERENCE, Precision.FP32).graph().nodes())
                .singleElement().extracting(Node::operator).isInstanceOf(NormalizedConvolution.class);
    }
}
