package io.firesteel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.MatMul;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanRoundTripTest {

    @TempDir
    Path folder;

    private static Plan plan() {
        GraphBuilder g = new GraphBuilder("small");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("N"), Dim.of(3))));
        String weights = g.constant("w", Tensor.floats(new long[] {3, 2}, 1, 2, 3, 4, 5, 6));
        g.output("y", g.add(new Activations.LeakyRelu(0.25f), x));
        g.output("weights", weights);
        Graph graph = g.build();
        return Compiler.compile(graph, CompileOptions.of("small", Precision.FP32));
    }

    @Test
    void aPlanReadsBackAsItWasWritten() {
        Path file = folder.resolve("small.plan");
        Plan written = PlanWriter.write(plan(), file);
        Plan read = PlanReader.read(file);
        assertThat(read.hash()).isEqualTo(written.hash()).hasSize(64);
        assertThat(read.graph().toString()).isEqualTo(written.graph().toString());
        assertThat(read.graph().nodes()).isEqualTo(written.graph().nodes());
        assertThat(read.graph().constant("w").orElseThrow().contentEquals(written.graph().constant("w").orElseThrow())).isTrue();
        assertThat(read.signature()).isEqualTo(written.signature());
        assertThat(read.signature().batchSymbol()).contains("N");
    }

    @Test
    void quantizedLayersReadBack() {
        QuantizationParameters perTensor = new QuantizationParameters(DataType.UINT8, 0, List.of(0.1f), List.of(3L));
        QuantizationParameters perChannel = new QuantizationParameters(DataType.INT8, 1, List.of(0.5f, 0.25f), List.of());
        GraphBuilder g = new GraphBuilder("quantized");
        String x = g.input("x", new TensorType(DataType.UINT8, Shape.of(Dim.symbol("N"), Dim.of(3))));
        String w = g.constant("w", Tensor.zeros(DataType.INT8, 3, 2));
        g.output("y", g.add(new Quantized(new MatMul(), List.of(Optional.of(perTensor), Optional.of(perChannel)), Optional.empty()), x, w));
        Path file = folder.resolve("quantized.plan");
        Plan written = PlanWriter.write(Compiler.compile(g.build(), CompileOptions.of("quantized", Precision.FP32)), file);
        assertThat(PlanReader.read(file).graph().nodes()).isEqualTo(written.graph().nodes());
    }

    @Test
    void buildingTwiceGivesTheSameBytes() throws Exception {
        PlanWriter.write(plan(), folder.resolve("a.plan"));
        PlanWriter.write(plan(), folder.resolve("b.plan"));
        assertThat(folder.resolve("a.plan")).hasSameBinaryContentAs(folder.resolve("b.plan"));
    }

    @Test
    void theHeaderReadsWithoutTheWeights() throws Exception {
        Path file = folder.resolve("small.plan");
        Plan written = PlanWriter.write(plan(), file);
        byte[] bytes = Files.readAllBytes(file);
        PlanHeader header = PlanReader.header("small", new ByteArrayInputStream(bytes), bytes.length);
        assertThat(header.signature()).isEqualTo(written.signature());
        assertThat(header.hash()).isEqualTo(written.hash());
        assertThat(PlanReader.header(file)).isEqualTo(header);
    }

    @Test
    void aChangedWeightIsRefused() throws Exception {
        Path file = folder.resolve("small.plan");
        PlanWriter.write(plan(), file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(() -> PlanReader.read(file)).isInstanceOf(FiresteelException.class).hasMessageContaining("checksum");
    }

    @Test
    void anotherFormatVersionIsRefusedByName() throws Exception {
        Path file = folder.resolve("small.plan");
        PlanWriter.write(plan(), file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[8] = 9;
        Files.write(file, bytes);
        assertThatThrownBy(() -> PlanReader.read(file)).hasMessageContaining("format 9");
    }
}
