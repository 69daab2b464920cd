package io.firesteel.tests.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real network graphs against ONNX Runtime's results, each within the bound of its precision. */
@Tag("networks")
class NetworksTest {

    private static final int NETWORKS = 21;

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void everyNetworkIsWithinItsBound(String precision) throws IOException {
        Path networks = TestData.unpacked("firesteel.networks", "networks.tar.xz");
        JsonNode result = CommandLine.json("check", "--networks", networks.toString(), "--device", "cpu", "--precision", precision);
        assertThat(result.get("networks")).hasSize(NETWORKS).allSatisfy(
                network -> assertThat(network.get("status").asText()).as(network.toString()).isEqualTo("passed"));
    }
}
