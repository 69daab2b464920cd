package io.firesteel.backend.cuda.linkage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.cuda.linkage.CudaLibraries.Library;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapts the files that JCuda publishes; no GPU is needed. */
class ElfImageTest {

    @ParameterizedTest
    @CsvSource({"NVRTC,libnvrtc.so.12,libnvrtc.so.13,true", "CUBLAS,libcublas.so.12,libcublas.so.13,true",
            "CUDNN,libcudnn.so.8,libcudnn.so.9,false"})
    void adaptedFileDependsOnTheMachinesVersion(Library library, String published, String present, boolean versioned, @TempDir Path folder)
            throws IOException {
        ElfImage before = image(library);
        Path file = CudaLibraries.adapted(library, present, new PrivateCache(folder));
        ElfImage after = ElfImage.of(file.toString(), Files.readAllBytes(file));

        assertThat(before.needed()).contains(published).doesNotContain(present);
        assertThat(after.needed()).contains(present).doesNotContain(published).hasSameSizeAs(before.needed());
        assertThat(file.getFileName().toString()).startsWith("libJ").endsWith("-12.6.0-linux-x86_64.so");
        if (versioned) {
            assertThat(after.versionNeeds()).contains(new ElfImage.VersionNeed(present, present, ElfImage.hash(present)));
        }
        assertThat(after.versionNeeds()).allSatisfy(need -> {
            assertThat(need.library()).isNotEqualTo(published);
            assertThat(need.hash()).isEqualTo(ElfImage.hash(need.name()));
        });
    }

    @Test
    void nothingElseChanges() throws IOException {
        byte[] before = image(Library.CUBLAS).bytes();
        byte[] after = image(Library.CUBLAS).withDependency("libcublas.so.12", "libcublas.so.13").bytes();

        long changed = 0;
        for (int i = 0; i < before.length; i++) {
            changed += before[i] == after[i] ? 0 : 1;
        }
        assertThat(after).hasSameSizeAs(before);
        assertThat(changed).isBetween(2L, 5L);
    }

    @Test
    void hashIsThatOfTheLoader() {
        assertThat(ElfImage.hash("GLIBC_2.2.5")).isEqualTo(0x09691a75);
        assertThat(ElfImage.hash("GLIBC_2.17")).isEqualTo(0x06969197);
    }

    @Test
    void theDriversFileIsUsedAsItIs(@TempDir Path folder) throws IOException {
        Path file = CudaLibraries.adapted(Library.DRIVER, "libcuda.so.1", new PrivateCache(folder));

        assertThat(Files.readAllBytes(file)).isEqualTo(image(Library.DRIVER).bytes());
    }

    @Test
    void namesOfAnotherLengthAreRefused() throws IOException {
        ElfImage image = image(Library.CUDNN);

        assertThatThrownBy(() -> image.withDependency("libcudnn.so.8", "libcudnn.so.10")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("differ in length");
        assertThatThrownBy(() -> image.withDependency("libcudnn.so.7", "libcudnn.so.9")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("does not depend on libcudnn.so.7");
    }

    @Test
    void damagedFilesGiveOneClearError() throws IOException {
        byte[] whole = image(Library.CUDNN).bytes();

        assertThatThrownBy(() -> ElfImage.of("x.so", new byte[10])).isInstanceOf(FiresteelException.class)
                .hasMessage("native library x.so is not an ELF file");
        assertThatThrownBy(() -> ElfImage.of("x.so", Arrays.copyOf(whole, whole.length / 2))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("native library x.so");
    }

    @Test
    void anyDamageIsAnErrorOrHarmless() throws IOException {
        byte[] whole = image(Library.NVRTC).bytes();
        Random random = new Random(7);
        int errors = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = whole.clone();
            int table = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0x28);
            int at = i % 2 == 0 ? random.nextInt(64) : table + random.nextInt(whole.length - table);
            damaged[at] ^= (byte) (1 + random.nextInt(255));
            try {
                ElfImage.of("x.so", damaged).withDependency("libnvrtc.so.12", "libnvrtc.so.13");
            } catch (FiresteelException e) {
                assertThat(e.code()).isEqualTo("CUDA_NATIVE_DAMAGED");
                errors++;
            }
        }
        assertThat(errors).isPositive();
    }

    private static ElfImage image(Library library) throws IOException {
        try (InputStream resource = ElfImageTest.class.getResourceAsStream(library.resource())) {
            return ElfImage.of(library.resource(), resource.readAllBytes());
        }
    }
}
