package io.firesteel;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.onnx.OnnxCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.ValueType;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The small networks of the test resources, whose expected outputs ONNX Runtime computed. */
class NetworksTest {

    private static final double RELATIVE = 1e-4;
    private static final double ABSOLUTE = 1e-5;

    @TempDir
    Path folder;

    static List<OnnxCase> networks() throws URISyntaxException {
        return OnnxCase.find(Path.of(NetworksTest.class.getResource("/networks").toURI()));
    }

    private static OnnxCase.DataSet data(OnnxCase network, Graph graph) {
        List<ValueType> inputs = graph.inputs().stream().map(graph::type).toList();
        List<ValueType> outputs = graph.outputs().stream().map(o -> graph.type(o.value())).toList();
        return network.dataSets(inputs, outputs).get(0);
    }

    static void assertSame(List<HostValue> actual, List<HostValue> expected, double relative, double absolute) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            assertThat(OnnxCase.difference(actual.get(i), expected.get(i), relative, absolute)).as("output " + i).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void anImportedNetworkComputesWhatOnnxRuntimeDoes(OnnxCase network) {
        Graph graph = OnnxModel.read(network.model()).graph();
        OnnxCase.DataSet data = data(network, graph);
        assertSame(ReferenceEvaluator.run(graph, data.inputs()), data.outputs(), RELATIVE, ABSOLUTE);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void anOptimizedNetworkComputesTheSameBeforeAndAfterItWasStored(OnnxCase network) {
        Plan plan = Compiler.compile(OnnxModel.read(network.model()), CompileOptions.of(network.name(), Precision.FP32));
        OnnxCase.DataSet data = data(network, plan.graph());
        List<HostValue> before = ReferenceEvaluator.run(plan.graph(), data.inputs());
        assertSame(before, data.outputs(), RELATIVE, ABSOLUTE);

        Path file = folder.resolve("network.plan");
        Plan written = PlanWriter.write(plan, file);
        Plan read = PlanReader.read(file);
        assertThat(read.hash()).isEqualTo(written.hash());
        assertThat(read.signature()).isEqualTo(plan.signature());
        assertThat(read.rules()).isEqualTo(plan.rules());
        assertThat(read.graph().toString()).isEqualTo(plan.graph().toString());
        assertSame(ReferenceEvaluator.run(read.graph(), data.inputs()), before, 0, 0);
        PlanWriter.write(read, folder.resolve("again.plan"));
        assertThat(folder.resolve("again.plan")).hasSameBinaryContentAs(file);
    }

    /** Hash tables of one JVM may iterate in another order than those of the next. */
    @Test
    void anotherJvmBuildsTheSameBytes() throws Exception {
        Path here = Files.createDirectory(folder.resolve("here"));
        Path there = Files.createDirectory(folder.resolve("there"));
        BuildMain.main(new String[] {here.toString()});
        ForkedJvm.Result result = ForkedJvm.run(List.of("-Xmx512m"), BuildMain.class, 300, there);
        assertThat(result.exitStatus()).as(result.output()).isZero();
        for (OnnxCase network : networks()) {
            assertThat(there.resolve(network.name() + ".plan")).hasSameBinaryContentAs(here.resolve(network.name() + ".plan"));
        }
    }
}
