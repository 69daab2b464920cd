package io.firesteel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.cli.Firesteel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {

    private static final double LEAST_ACCURACY = 98;

    /** Other processes may run the demo meanwhile. */
    @TempDir
    private Path temporary;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Firesteel.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void scoresDigitsAndSaysHowWell() throws IOException {
        String usual = System.setProperty("java.io.tmpdir", temporary.toString());
        int status;
        try {
            status = run("demo", "--rows", "5000");
        } finally {
            System.setProperty("java.io.tmpdir", usual);
        }
        assertThat(err.toString()).doesNotContain("firesteel:");
        assertThat(status).isZero();
        assertThat(out.toString()).contains("CALL models.system.import_model", "models.digits(pixels)", "images WHERE split = 'test'")
                .containsPattern("\\+- ModelInference digits\\(pixels#\\d+\\)")
                .containsPattern("(?m)^\\d+ rows per second.*\\(5391 rows in ")
                .containsPattern("layers in int8; top1 0\\.9\\d+, 0\\.9\\d+ in fp32: loss .* at most 0\\.03, on \\d+ test rows that share no content")
                .containsPattern("(?m)^  accuracy +9[89]\\.\\d% +9[789]\\.\\d%$")
                .containsPattern("(?m)^device \\w+");
        List<String> samples = out.toString().lines().filter(line -> line.matches(" *\\d+ +\\d +\\d")).toList();
        assertThat(samples).hasSize(10);
        Matcher accuracy = Pattern.compile("(?m)^accuracy ([0-9.]+)%").matcher(out.toString());
        assertThat(accuracy.find()).isTrue();
        assertThat(Double.parseDouble(accuracy.group(1))).isBetween(LEAST_ACCURACY, 100.0);
        assertThat(err.toString().lines().toList()).contains("scoring 5391 rows 0%", "scoring 5391 rows 100%");
        try (Stream<Path> entries = Files.list(temporary)) {
            assertThat(entries.map(entry -> entry.getFileName().toString())).noneMatch(name -> name.startsWith("firesteel-demo-"));
        }
    }

    @Test
    void failsInOneLine() {
        assertThat(run("demo", "--rows", "0")).isEqualTo(1);
        assertThat(run("demo", "--device", "abacus")).isEqualTo(1);
        assertThat(err.toString().lines()).hasSize(2);
        assertThat(err.toString()).contains("--rows must be at least 1", "device 'abacus' is not known");
        assertThat(out.toString()).isEmpty();
    }
}
