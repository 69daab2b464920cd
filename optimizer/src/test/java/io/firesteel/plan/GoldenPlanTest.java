package io.firesteel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.onnx.OnnxCase;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.ValueType;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plans of format 1 as an earlier release wrote them: they must load and compute what ONNX Runtime computed then. They are
 * never written again; what changes an operator's record adds a new one.
 */
class GoldenPlanTest {

    /** Plans with hashes of their weights alone, and plans that also have checksums and name the operators' groups. */
    static List<Path> plans() throws Exception {
        List<Path> plans = new ArrayList<>();
        for (String folder : List.of("/golden/format-1", "/golden/format-1-checksums")) {
            try (Stream<Path> files = Files.list(resource(folder))) {
                files.sorted().forEach(plans::add);
            }
        }
        return plans;
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(GoldenPlanTest.class.getResource(name).toURI());
    }

    @ParameterizedTest
    @MethodSource("plans")
    void aPlanOfFormat1StaysReadable(Path file) throws Exception {
        Plan plan = PlanReader.read(file);
        String name = file.getFileName().toString().replace(".plan", "");
        assertThat(plan.name()).isEqualTo(name);
        List<ValueType> inputs = plan.signature().inputs().stream().map(Signature.Port::type).toList();
        List<ValueType> outputs = plan.signature().outputs().stream().map(Signature.Port::type).toList();
        OnnxCase.DataSet data = new OnnxCase(resource("/networks/" + name + "/model.onnx")).dataSets(inputs, outputs).get(0);
        List<HostValue> results = ReferenceEvaluator.run(plan.graph(), data.inputs());
        for (int i = 0; i < results.size(); i++) {
            assertThat(OnnxCase.difference(results.get(i), data.outputs().get(i), 1e-4, 1e-5)).as("output " + i).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("plans")
    void aChangedWeightOfItIsRefused(Path file, @TempDir Path folder) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Path changed = Files.write(folder.resolve("changed.plan"), bytes);
        assertThatThrownBy(() -> PlanReader.read(changed)).hasMessageContaining("is damaged: weights");
    }
}
