package io.firesteel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {

    @TempDir
    private Path folder;

    @Test
    void tensorsOfAllTypesAreReadBack() {
        for (DataType type : DataType.values()) {
            if (type != DataType.BFLOAT16) {
                Tensor tensor = Tensor.zeros(type, 2, 3);
                for (int i = 0; i < 6; i++) {
                    tensor.setLong(i, i % 2);
                }
                Npy.write(tensor, folder.resolve("t.npy"));
                assertThat(Npy.read(folder.resolve("t.npy")).contentEquals(tensor)).as("%s", type).isTrue();
            }
        }
    }

    @Test
    void scalarsAndVectorsKeepTheirShape() {
        Npy.write(Tensor.scalar(DataType.FLOAT32, 3), folder.resolve("s.npy"));
        assertThat(Npy.read(folder.resolve("s.npy")).sizes()).isEmpty();
        Npy.write(Tensor.vector(1, 2, 3), folder.resolve("v.npy"));
        assertThat(Npy.read(folder.resolve("v.npy")).toLongs()).containsExactly(1, 2, 3);
    }

    @Test
    void theHeaderIsAlignedAndReadable() throws Exception {
        Npy.write(Tensor.floats(new long[] {1, 2}, 1, 2), folder.resolve("t.npy"));
        byte[] bytes = Files.readAllBytes(folder.resolve("t.npy"));
        assertThat(bytes.length % 64).isEqualTo(8);
        assertThat(new String(bytes, 10, 60, StandardCharsets.US_ASCII)).startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2,), }");
    }

    @Test
    void damagedFilesAreErrors() throws Exception {
        Npy.write(Tensor.vector(1, 2, 3), folder.resolve("t.npy"));
        byte[] good = Files.readAllBytes(folder.resolve("t.npy"));
        for (int length : new int[] {0, 5, 11, 60, good.length - 1}) {
            Files.write(folder.resolve("bad.npy"), Arrays.copyOf(good, length));
            assertThatThrownBy(() -> Npy.read(folder.resolve("bad.npy"))).isInstanceOf(FiresteelException.class);
        }
        byte[] wild = good.clone();
        wild[8] = (byte) 0xff;
        wild[9] = (byte) 0xff;
        Files.write(folder.resolve("bad.npy"), wild);
        assertThatThrownBy(() -> Npy.read(folder.resolve("bad.npy"))).isInstanceOf(FiresteelException.class);
        assertThatThrownBy(() -> Npy.read(folder.resolve("none.npy"))).isInstanceOf(FiresteelException.class);
    }
}
