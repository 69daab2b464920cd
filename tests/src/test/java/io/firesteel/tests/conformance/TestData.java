package io.firesteel.tests.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** Folders of data that are not in the repository, named by system properties. */
final class TestData {

    private TestData() { }

    /**
     * The data of a folder, unpacked below the working directory where it is an archive.
     *
     * @param property the system property that names the folder
     * @param archive the name of the {@code tar.xz} file in it; without one, the folder itself is the data
     */
    static Path unpacked(String property, String archive) throws IOException {
        Path folder = Path.of(System.getProperty(property));
        assertThat(folder).as("-D%s", property).isDirectory();
        Path file = folder.resolve(archive);
        if (!Files.exists(file)) {
            return folder;
        }
        Path target = Path.of("data", archive + "-" + Files.size(file) + "-" + Files.getLastModifiedTime(file).toMillis())
                .toAbsolutePath();
        if (!Files.isDirectory(target)) {
            Path partial = target.resolveSibling(target.getFileName() + ".partial");
            delete(partial);
            unpack(file, Files.createDirectories(partial));
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        }
        return target;
    }

    private static void unpack(Path file, Path target) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(in))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                assertThat(path.startsWith(target)).as(entry.getName()).isTrue();
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(tar, path);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> inside = files.sorted(Comparator.reverseOrder()).toList();
                for (Path path : inside) {
                    Files.delete(path);
                }
            }
        }
    }
}
