package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Integers do not depend on the processor's instruction set. */
class InstructionSetTest {

    /** A cap is read when oneDNN loads, so that each takes a process of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"SSE41", "AVX", "AVX2", "AVX512_CORE", "AVX512_CORE_VNNI"})
    void productsOfBytesAreExact(String cap) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-XX:+UseSerialGC", InstructionSetCheck.class.getName()).redirectErrorStream(true);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put("ONEDNN_MAX_CPU_ISA", cap);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        List<String> lines = output.lines().filter(line -> line.startsWith("signed") || line.startsWith("non-negative")).toList();
        assertThat(lines).hasSize(16);
        assertThat(lines.subList(0, 8)).allMatch(line -> line.contains(": int8:"));
        assertThat(lines.subList(8, 16)).allMatch(line -> line.contains(": int8:") || line.contains("no VNNI"));
    }
}
