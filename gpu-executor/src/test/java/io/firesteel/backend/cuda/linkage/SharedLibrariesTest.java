package io.firesteel.backend.cuda.linkage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedLibrariesTest {

    @Test
    void newestVersionIsFoundAndOfEqualOnesTheFirst(@TempDir Path first, @TempDir Path second) throws IOException {
        for (String name : List.of("libcublas.so", "libcublas.so.12", "libcublas.so.12.6.4", "libcublasLt.so.14")) {
            Files.createFile(first.resolve(name));
        }
        Files.createFile(second.resolve("libcublas.so.13"));
        Files.createFile(second.resolve("libcublas.so.12"));
        SharedLibraries libraries = new SharedLibraries(List.of(first, second));

        assertThat(libraries.newest("libcublas.so.", 99)).hasValueSatisfying(f ->
                assertThat(f.path()).isEqualTo(second.resolve("libcublas.so.13")));
        assertThat(libraries.newest("libcublas.so.", 12)).hasValueSatisfying(f -> {
            assertThat(f.path()).isEqualTo(first.resolve("libcublas.so.12"));
            assertThat(f.major()).isEqualTo(12);
        });
        assertThat(libraries.newest("libnvrtc.so.", 99)).isEmpty();
    }
}
