package io.firesteel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {

    @TempDir
    Path folder;

    private static Plan plan(float alpha) {
        GraphBuilder g = new GraphBuilder("leaky");
        g.output("y", g.add(new Activations.LeakyRelu(alpha), g.input("x", TensorType.of(DataType.FLOAT32, 3))));
        return Compiler.compile(g.build(), CompileOptions.of("leaky", Precision.FP32));
    }

    @Test
    void theVersionPublishedLastIsInUseAndEarlierOnesStay() throws Exception {
        Path model = folder.resolve("leaky");
        Path first = ModelFolder.publish(plan(0.1f), model);
        Path second = ModelFolder.publish(plan(0.2f), model);
        assertThat(ModelFolder.resolve(model)).isEqualTo(second).isNotEqualTo(first);
        assertThat(second.getFileName()).hasToString(ModelFolder.fileName(PlanReader.read(second).hash()));
        assertThat(PlanReader.read(first).name()).isEqualTo("leaky");
        assertThat(ModelFolder.resolve(first)).isEqualTo(first);
        try (var files = Files.list(model)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrderElementsOf(
                    List.of(ModelFolder.POINTER, first.getFileName().toString(), second.getFileName().toString()));
        }
    }

    @Test
    void othersMayReadWhatIsPublished() throws Exception {
        Path plain = Files.createFile(folder.resolve("plain"));
        Path version = ModelFolder.publish(plan(0.1f), folder.resolve("leaky"));
        assertThat(Files.getPosixFilePermissions(version)).isEqualTo(Files.getPosixFilePermissions(plain))
                .contains(PosixFilePermission.OWNER_READ);
        assertThat(Files.getPosixFilePermissions(version.resolveSibling(ModelFolder.POINTER)))
                .isEqualTo(Files.getPosixFilePermissions(plain));
    }

    @Test
    void aPointerThatNamesNoVersionIsRefused() throws Exception {
        Files.writeString(folder.resolve(ModelFolder.POINTER), "../../etc/passwd\n");
        assertThatThrownBy(() -> ModelFolder.resolve(folder)).hasMessageContaining("does not name a version");
        Files.write(folder.resolve(ModelFolder.POINTER), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> ModelFolder.resolve(folder)).hasMessageContaining("does not name a version");
        assertThatThrownBy(() -> ModelFolder.resolve(folder.resolve("missing"))).hasMessageContaining("neither a plan file");
    }
}
