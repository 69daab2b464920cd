package io.firesteel.backend.cuda.linkage;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Files that this user's processes share and nobody else can write: adapted libraries and compiled kernels. The folder is named by
 * the system property {@code firesteel.cache}, else {@code XDG_CACHE_HOME/firesteel} or {@code ~/.cache/firesteel}; where none can
 * be written, it is a temporary one of this process.
 */
public final class PrivateCache {

    private static final Set<PosixFilePermission> OWNER = EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_EXECUTE);

    private final Path root;

    /** @param root the folder, made where it does not exist */
    PrivateCache(Path root) throws IOException {
        Files.createDirectories(root);
        if (Files.getFileStore(root).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(root, OWNER);
        }
        this.root = root;
    }

    /** The cache of this user. */
    public static PrivateCache ofUser() {
        return Holder.CACHE;
    }

    private static final class Holder {
        private static final PrivateCache CACHE = open();

        private static PrivateCache open() {
            try {
                return new PrivateCache(preferred());
            } catch (IOException | RuntimeException e) {
                try {
                    return new PrivateCache(Files.createTempDirectory("firesteel"));
                } catch (IOException f) {
                    throw FiresteelException.device("CACHE_UNWRITABLE", "no folder can be written for native libraries and compiled"
                            + " kernels: set -Dfiresteel.cache to one", f);
                }
            }
        }

        private static Path preferred() {
            String named = System.getProperty("firesteel.cache");
            if (named != null) {
                return Path.of(named);
            }
            String caches = System.getenv("XDG_CACHE_HOME");
            return caches == null || caches.isBlank() ? Path.of(System.getProperty("user.home"), ".cache", "firesteel")
                    : Path.of(caches, "firesteel");
        }
    }

    /**
     * A file's content, where there is one.
     *
     * @param name relative to the folder
     */
    public Optional<byte[]> read(String name) {
        try {
            Path file = root.resolve(name);
            return Files.isRegularFile(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Writes a file atomically, unless it has this content already, and tells where it is. */
    public Path write(String name, byte[] content) {
        Path file = root.resolve(name);
        try {
            if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), content)) {
                return file;
            }
            Files.createDirectories(file.getParent());
            Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
            Files.write(part, content);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw FiresteelException.device("CACHE_UNWRITABLE", "cannot write " + file + ": free space there, or set -Dfiresteel.cache"
                    + " to another folder", e);
        }
    }
}
