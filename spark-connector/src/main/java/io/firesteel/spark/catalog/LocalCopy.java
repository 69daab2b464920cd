package io.firesteel.spark.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;

/** A file of a Hadoop file system as a local file: the file itself where it is local, else a copy deleted on closing. */
final class LocalCopy implements AutoCloseable {

    private final Path file;
    private final Path temporary;

    private LocalCopy(Path file, Path temporary) {
        this.file = file;
        this.temporary = temporary;
    }

    /** A local file to be written, in a folder of its own. */
    static LocalCopy temporary(String name) throws IOException {
        Path folder = Files.createTempDirectory("firesteel-");
        return new LocalCopy(folder.resolve(name), folder);
    }

    /** A file to be read. */
    static LocalCopy of(org.apache.hadoop.fs.Path path, Configuration configuration) throws IOException {
        return withCompanions(path, configuration, false);
    }

    /** A file to be read, with the files beside it whose names start with its name: where ONNX keeps large weights. */
    static LocalCopy withCompanions(org.apache.hadoop.fs.Path path, Configuration configuration) throws IOException {
        return withCompanions(path, configuration, true);
    }

    private static LocalCopy withCompanions(org.apache.hadoop.fs.Path path, Configuration configuration, boolean companions)
            throws IOException {
        FileSystem files = path.getFileSystem(configuration);
        FileStatus status = files.getFileStatus(path);
        if (files instanceof LocalFileSystem local) {
            return new LocalCopy(local.pathToFile(path).toPath(), null);
        }
        Path folder = Files.createTempDirectory("firesteel-");
        LocalCopy copy = new LocalCopy(folder.resolve(path.getName()), folder);
        try {
            FileStatus[] wanted = companions
                    ? files.listStatus(path.getParent(), beside -> beside.getName().startsWith(path.getName()))
                    : new FileStatus[] {status};
            for (FileStatus one : wanted) {
                if (one.isFile()) {
                    files.copyToLocalFile(false, one.getPath(),
                            new org.apache.hadoop.fs.Path(folder.resolve(one.getPath().getName()).toUri()), true);
                }
            }
            return copy;
        } catch (IOException | RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    Path file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        if (temporary != null) {
            try (Stream<Path> files = Files.walk(temporary)) {
                for (Path one : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(one);
                }
            }
        }
    }
}
