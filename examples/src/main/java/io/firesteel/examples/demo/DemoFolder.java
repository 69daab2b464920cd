package io.firesteel.examples.demo;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A temporary folder that is gone once closed, or once this JVM ends. */
final class DemoFolder implements AutoCloseable {

    private static final String RESOURCES = "/io/firesteel/examples/digits/";

    private final Path root;
    private final Thread cleanup;

    private DemoFolder(Path root) {
        this.root = root;
        this.cleanup = new Thread(() -> delete(root), "firesteel-demo-cleanup");
    }

    static DemoFolder create() {
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        try {
            DemoFolder folder = new DemoFolder(Files.createTempDirectory(parent, "firesteel-demo-"));
            Runtime.getRuntime().addShutdownHook(folder.cleanup);
            return folder;
        } catch (IOException e) {
            throw unusable(parent, e);
        }
    }

    Path resolve(String name) {
        return root.resolve(name);
    }

    /** Copies one of the committed digits files here. */
    Path copy(String resource) {
        Path target = root.resolve(resource);
        try (InputStream in = DemoFolder.class.getResourceAsStream(RESOURCES + resource)) {
            if (in == null) {
                throw FiresteelException.user("DEMO_DATA_MISSING", RESOURCES + resource + " is not on the class path;"
                        + " run the demo from a complete checkout");
            }
            Files.copy(in, target);
            return target;
        } catch (IOException e) {
            throw unusable(root, e);
        }
    }

    private static FiresteelException unusable(Path folder, IOException e) {
        return new FiresteelException("TEMPORARY_FOLDER_UNUSABLE", FiresteelException.Kind.USER, null, "the demo cannot write below "
                + folder + " (" + e + "); name another folder by FIRESTEEL_JAVA_OPTS=-Djava.io.tmpdir=...", e);
    }

    @Override
    public void close() {
        delete(root);
        try {
            Runtime.getRuntime().removeShutdownHook(cleanup);
        } catch (IllegalStateException e) {
            // The JVM is ending; the hook finds nothing left to delete.
        }
    }

    private static void delete(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(root)) {
            List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("firesteel: " + root + " could not be deleted: " + e.getMessage());
        }
    }
}
