package io.firesteel.tests.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.firesteel.cli.Firesteel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;

/** Runs {@code firesteel} in this JVM. */
final class CommandLine {

    private CommandLine() { }

    /** The object a command prints with {@code --json}, whatever its exit status. */
    static JsonNode json(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Firesteel.run(new PrintWriter(out, true), new PrintWriter(err, true),
                Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new));
        assertThat(out.toString()).as("standard error: %s", err).startsWith("{");
        try {
            return new ObjectMapper().readTree(out.toString());
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + e.getMessage(), e);
        }
    }
}
