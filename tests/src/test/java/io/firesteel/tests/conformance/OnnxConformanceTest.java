package io.firesteel.tests.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ONNX's backend test cases on the devices of the host. {@code onnx-conformance.csv} has, for each case that does not pass
 * everywhere, its status on each device and the reason, so that every change of a status is a change of that file.
 */
@Tag("onnx-cases")
class OnnxConformanceTest {

    private static final int CASES = 1367;
    private static final int LEAST_PASSED = 1110;

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "reference"})
    void everyCaseHasTheStatusOnRecord(String device) throws IOException {
        Path cases = TestData.unpacked("firesteel.onnx.cases", "cases.tar.xz");
        JsonNode result = CommandLine.json("check", "--onnx-cases", cases.toString(), "--device", device);
        Map<String, String> statuses = new TreeMap<>();
        for (JsonNode entry : result.get("cases")) {
            if (!entry.get("status").asText().equals("passed")) {
                statuses.put(entry.get("name").asText(), entry.get("status").asText() + ": " + entry.get("reason").asText());
            }
        }
        assertThat(result.get("cases")).hasSize(CASES);
        assertThat(result.get("passed").asInt()).isGreaterThanOrEqualTo(LEAST_PASSED);
        Map<String, String> expected = recorded(device);
        assertThat(statuses.keySet()).isEqualTo(expected.keySet());
        assertThat(statuses).allSatisfy((name, status) -> assertThat(status).as(name).startsWith(expected.get(name) + ":"));
    }

    /** Names and statuses of the cases that do not pass on a device. */
    private static Map<String, String> recorded(String device) throws IOException {
        List<String> lines;
        try (InputStream in = OnnxConformanceTest.class.getResourceAsStream("onnx-conformance.csv")) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
        int column = List.of(lines.get(0).split(",")).indexOf(device);
        Map<String, String> statuses = new TreeMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", 4);
            assertThat(cells[3]).as("reason of %s", cells[0]).isNotBlank();
            if (!cells[column].equals("passed")) {
                statuses.put(cells[0], cells[column]);
            }
        }
        return statuses;
    }
}
