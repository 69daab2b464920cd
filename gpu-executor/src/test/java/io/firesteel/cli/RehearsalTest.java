package io.firesteel.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RehearsalTest {

    @Test
    void allItsCommandsSucceed() {
        Path model = Path.of(System.getProperty("firesteel.root"), "examples/src/main/resources/io/firesteel/examples/digits/digits.onnx");
        assertThatCode(() -> Rehearsal.main(new String[] {model.toString()})).doesNotThrowAnyException();
    }
}
