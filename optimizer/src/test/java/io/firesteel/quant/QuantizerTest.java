package io.firesteel.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.Indexing;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.Normalizations;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.op.Reductions;
import io.firesteel.op.Reshaping;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizerTest {

    private static final PoolingWindow WINDOW = new PoolingWindow(List.of(2L, 2L), List.of(2L, 2L), List.of(1L, 1L), List.of(0L, 0L),
            List.of(0L, 0L), false);

    private final TestNetwork net = new TestNetwork();

    private static Convolution convolution(long padding) {
        return new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(padding, padding), List.of(padding, padding), 1,
                PointwiseProgram.IDENTITY);
    }

    private String relu(String value) {
        return net.add(new Activations.Relu(), value);
    }

    private String convolve(String x, long from, long to, long kernel) {
        return net.add(convolution(kernel / 2), x, net.random(to, from, kernel, kernel), net.random(to));
    }

    private Plan plan(String... results) {
        return Compiler.compile(net.show(results), CompileOptions.of("network", Precision.FP32));
    }

    private static Map<String, Float> thresholds(Plan plan) {
        Map<String, Float> thresholds = new HashMap<>();
        QuantizableValues.of(plan.graph()).forEach(value -> thresholds.put(value, 2f + thresholds.size()));
        return thresholds;
    }

    private static Graph quantize(Plan plan, String... kept) {
        return Quantizer.of(plan, thresholds(plan)).quantize("int8", Set.of(kept)).graph();
    }

    /** A residual network: stem, max pooling, a block, the mean, a product. */
    private Plan residual() {
        String stem = net.add(new Pooling.MaxPool(WINDOW, false), relu(convolve(net.input("x", "N", 3, 8, 8), 3, 4, 3)));
        String first = relu(convolve(stem, 4, 4, 3));
        String block = relu(net.add(new Arithmetic.Add(), convolve(first, 4, 4, 3), stem));
        String mean = net.add(new Reshaping.Flatten(1), net.add(new Pooling.GlobalAveragePool(), block));
        return plan(net.add(new MatMul(), mean, net.random(4, 5)));
    }

    @Test
    void aResidualNetworkRunsInBytesFromItsInputToItsResult() {
        Graph graph = quantize(residual());
        assertThat(Rewrites.operators(graph)).containsExactly("QuantizeLinear", "Quantized", "MaxPool", "Quantized", "Quantized",
                "Quantized", "Flatten", "Quantized");
        List<Quantized> layers = graph.nodes().stream().filter(n -> n.operator() instanceof Quantized).map(n -> (Quantized) n.operator())
                .toList();
        assertThat(layers.get(2).inputs().get(3)).as("the skip input").isPresent();
        assertThat(layers.get(3).layer()).isInstanceOf(Pooling.GlobalAveragePool.class);
        assertThat(layers.get(4).output()).as("the result").isEmpty();
        assertThat(graph.constants().values()).filteredOn(c -> c.rank() > 1).allMatch(c -> c.dataType() == DataType.INT8);
        assertThat(graph.constants().values()).filteredOn(c -> c.dataType() == DataType.INT8 && c.rank() > 0)
                .allSatisfy(c -> assertThat(c.toLongs()).doesNotContain(-128));
    }

    @Test
    void theMeanOverPlanesIsTakenInBytes() {
        String x = relu(convolve(net.input("x", "N", 3, 8, 8), 3, 4, 3));
        Plan plan = plan(net.add(new MatMul(), net.add(new Reductions.ReduceMean(List.of(2L, 3L), false, false), x), net.random(4, 5)));
        Graph graph = quantize(plan);
        assertThat(Rewrites.operators(graph)).containsExactly("QuantizeLinear", "Quantized", "Quantized", "Reshape", "Quantized");
        assertThat(((Quantized) graph.nodes().get(2).operator()).layer()).isInstanceOf(Pooling.GlobalAveragePool.class);
        String mean = plan.graph().nodes().stream().filter(n -> n.operator() instanceof Reductions.ReduceMean).findFirst().orElseThrow().name();
        assertThat(Quantizer.of(plan, thresholds(plan)).layers()).contains(mean).hasSize(3);
        assertThat(quantize(plan, mean).nodes().stream().map(Node::name)).contains(mean);
    }

    @Test
    void whatMovesBytesSharesOneScale() {
        String x = net.input("x", "N", 3, 8, 8);
        String joined = net.add(new Movement.Concat(1), relu(convolve(x, 3, 4, 3)), relu(convolve(x, 3, 2, 1)));
        Plan plan = plan(convolve(joined, 6, 4, 3));
        Graph graph = quantize(plan);
        assertThat(Rewrites.operators(graph)).containsExactly("QuantizeLinear", "Quantized", "Quantized", "Concat", "Quantized");
        float widest = QuantizableValues.of(plan.graph()).stream().filter(v -> !v.equals("x"))
                .filter(v -> plan.graph().consumers(v).stream().anyMatch(n -> n.operator() instanceof Movement.Concat) || v.equals(joined))
                .map(thresholds(plan)::get).max(Float::compare).orElseThrow();
        assertThat(graph.nodes().stream().filter(n -> n.operator() instanceof Quantized).map(n -> ((Quantized) n.operator()).output())
                .flatMap(o -> o.stream()).map(QuantizationParameters::scales)).containsExactly(List.of(widest / 127), List.of(widest / 127));
    }

    @Test
    void aKeptLayerReadsAndMakesRealNumbersAndItsNeighboursStay() {
        Plan plan = residual();
        Quantizer quantizer = Quantizer.of(plan, thresholds(plan));
        List<String> layers = quantizer.layers();
        assertThat(layers).hasSize(5);
        String kept = layers.get(1);
        Graph graph = quantizer.quantize("int8", Set.of(kept)).graph();
        Node node = graph.nodes().stream().filter(n -> n.name().equals(kept)).findFirst().orElseThrow();
        assertThat(node.operator()).isInstanceOf(Convolution.class);
        assertThat(graph.nodes().stream().filter(n -> n.operator() instanceof Quantized).map(Node::name))
                .containsExactlyElementsOf(layers.stream().filter(l -> !l.equals(kept)).toList());
        assertThat(quantizer.report(Set.of(kept))).filteredOn(l -> l.layer().equals(kept)).singleElement()
                .isEqualTo(new LayerPrecision(kept, "Convolution", false, "asked for", 0));
    }

    @Test
    void aLayerWithoutThresholdStaysRealAndIsReported() {
        Plan plan = residual();
        Map<String, Float> thresholds = thresholds(plan);
        thresholds.put("x", Float.NaN);
        Quantizer quantizer = Quantizer.of(plan, thresholds);
        assertThat(quantizer.report(Set.of()).get(0)).matches(l -> !l.int8() && l.reason().contains("threshold of 'x'"));
        assertThat(quantizer.layers()).hasSize(4);
    }

    @Test
    void aLayerFedFromANormalizationGetsAQuantizedInputAndTheSumStaysReal() {
        String x = net.input("x", "N", 6, 8);
        String normal = net.add(new Normalizations.LayerNormalization(-1, 1e-5f, DataType.FLOAT32), x, net.positive(8), net.random(8));
        String product = net.add(new MatMul(), normal, net.random(8, 8));
        Graph graph = quantize(plan(net.add(new Arithmetic.Add(), product, x)));
        assertThat(Rewrites.operators(graph)).containsExactly("LayerNormalization", "QuantizeLinear", "Quantized");
        Quantized layer = Rewrites.only(graph, Quantized.class);
        assertThat(layer.inputs().get(3)).isEmpty();
    }

    @Test
    void theResultIsNearThatOfTheRealNetwork() {
        Plan plan = residual();
        Plan quantized = Quantizer.of(plan, Ranges.of(plan.graph())).quantize("int8", Set.of());
        assertThat(Ranges.signalToNoise(plan.graph(), quantized.graph())).isGreaterThan(25);
    }

    @Test
    void twoPlansOfOneNetworkAreTheSameBytesAndSayWhereTheyCameFrom(@TempDir Path folder) throws Exception {
        Plan plan = PlanWriter.write(residual(), folder.resolve("real.plan"));
        Map<String, Float> thresholds = thresholds(plan);
        for (String file : List.of("a.plan", "b.plan")) {
            PlanWriter.write(Quantizer.of(plan, thresholds).calibratedBy("entropy, 50 rows").quantize("int8", Set.of()), folder.resolve(file));
        }
        assertThat(Files.readAllBytes(folder.resolve("a.plan"))).isEqualTo(Files.readAllBytes(folder.resolve("b.plan")));
        assertThat(PlanReader.read(folder.resolve("a.plan")).provenance()).containsEntry("calibration", "entropy, 50 rows")
                .containsEntry("quantization", "int8").containsEntry("quantized-from", plan.hash());
    }

    @Test
    void weightsOfEachChannelReach127() {
        Tensor weights = Tensor.floats(new long[] {3, 2}, 1, -2, 0.001f, 0.0005f, 0, 0);
        WeightQuantization quantized = WeightQuantization.of(weights, 0);
        assertThat(quantized.values().toLongs()).containsExactly(64, -127, 127, 64, 0, 0);
        assertThat(quantized.scales().toFloats()).containsExactly(2f / 127, 0.001f / 127, 1);
    }

    @Test
    void embeddingsAndLargeProductsCanBeStoredInBytesAlone() {
        String ids = net.input(DataType.INT64, "ids", "N", 3);
        String rows = net.add(new Indexing.Gather(0), net.random(50, 8), ids);
        Plan plan = plan(net.add(new MatMul(), rows, net.random(8, 60)));
        Quantizer quantizer = Quantizer.of(plan, thresholds(plan)).weightOnlyFrom(400);
        Set<String> all = Set.copyOf(quantizer.layers());
        Graph graph = quantizer.quantize("weights", all).graph();
        assertThat(Rewrites.operators(graph)).containsExactlyInAnyOrder("DequantizeLinear", "Gather", "DequantizeLinear", "MatMul");
        assertThat(graph.constants().values()).filteredOn(c -> c.rank() == 2).allMatch(c -> c.dataType() == DataType.INT8);
        assertThat(quantizer.report(all)).allMatch(l -> l.reason().contains("weights in int8"));
    }

    @Test
    void correctedBiasesBringMeansBack() {
        String x = net.add(new Activations.Sigmoid(), net.input("x", "N", 64));
        Plan plan = plan(net.add(new MatMul(), x, net.random(64, 16)));
        String data = plan.graph().nodes().stream().filter(n -> n.operator() instanceof MatMul).findFirst().orElseThrow().input(0);
        double[] means = new double[64];
        Tensor seen = Ranges.values(plan.graph()).get(data);
        for (int i = 0; i < seen.elements(); i++) {
            means[i % 64] += seen.getDouble(i) / (seen.elements() / 64);
        }
        Quantizer plain = Quantizer.of(plan, Ranges.of(plan.graph()));
        Quantizer corrected = plain.correctingBiases(Map.of(data, means));
        double before = Ranges.meanError(plan.graph(), plain.quantize("int8", Set.of()).graph());
        double after = Ranges.meanError(plan.graph(), corrected.quantize("int8", Set.of()).graph());
        assertThat(after).isLessThan(before / 2);
        assertThat(corrected.report(Set.of())).filteredOn(l -> l.operator().equals("MatMul")).singleElement()
                .matches(l -> l.biasCorrection() > 0);
        assertThat(plain.report(Set.of())).allMatch(l -> l.biasCorrection() == 0);
    }

    @Test
    void saysWhatIsWrong() {
        Plan plan = residual();
        Quantizer quantizer = Quantizer.of(plan, thresholds(plan));
        assertThatThrownBy(() -> quantizer.quantize("int8", Set.of("none"))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("no layer [none]");
        assertThatThrownBy(() -> Quantizer.of(quantizer.quantize("int8", Set.of()), thresholds(plan)))
                .hasMessageContaining("quantized already");
        assertThatThrownBy(() -> Quantizer.of(plan, Map.of("other", 1f))).hasMessageContaining("calibrate this model");
    }
}
