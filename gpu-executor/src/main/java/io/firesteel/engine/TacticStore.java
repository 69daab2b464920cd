package io.firesteel.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;

/** Where tactic tables are kept: small text files by name, on any file system. Safe for many threads. */
public interface TacticStore {

    /**
     * The text of a file; empty where there is none.
     *
     * @throws IOException where it cannot be read
     */
    Optional<String> read(String name) throws IOException;

    /**
     * Replaces a file at once: readers see the old text or the new one.
     *
     * @throws IOException where it cannot be written
     */
    void write(String name, String text) throws IOException;

    /** The files of a local folder, which is made when the first is written. */
    static TacticStore folder(Path folder) {
        return new Folder(folder);
    }

    /** This user's folder: below {@code firesteel.cache}, {@code XDG_CACHE_HOME/firesteel} or {@code ~/.cache/firesteel}. */
    static TacticStore ofUser() {
        String named = System.getProperty("firesteel.cache");
        String caches = System.getenv("XDG_CACHE_HOME");
        Path root = named != null ? Path.of(named) : caches != null && !caches.isBlank() ? Path.of(caches, "firesteel")
                : Path.of(System.getProperty("user.home"), ".cache", "firesteel");
        return folder(root.resolve("tactics"));
    }

    /** The files beside a plan; those that cannot be written there go to this user's folder, with a warning. */
    static TacticStore beside(TacticStore planFolder) {
        return new Both(planFolder, ofUser());
    }

    /** See {@link #folder}. */
    record Folder(Path path) implements TacticStore {

        @Override
        public Optional<String> read(String name) throws IOException {
            try {
                return Optional.of(Files.readString(path.resolve(name)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        }

        @Override
        public void write(String name, String text) throws IOException {
            Files.createDirectories(path);
            Path incoming = path.resolve(".new-" + UUID.randomUUID());
            try {
                Files.write(incoming, text.getBytes(StandardCharsets.UTF_8));
                Files.move(incoming, path.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(incoming);
            }
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** See {@link #beside}. */
    record Both(TacticStore first, TacticStore second) implements TacticStore {

        private static final System.Logger LOG = System.getLogger(TacticStore.class.getName());

        @Override
        public Optional<String> read(String name) throws IOException {
            try {
                Optional<String> text = first.read(name);
                if (text.isPresent()) {
                    return text;
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "the tactic table " + name + " cannot be read in " + first + ": " + e.getMessage());
            }
            return second.read(name);
        }

        @Override
        public void write(String name, String text) throws IOException {
            try {
                first.write(name, text);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "the tactic table " + name + " cannot be kept beside its plan in " + first + " ("
                        + e.getMessage() + "): it goes to " + second + ", where only this machine finds it");
                second.write(name, text);
            }
        }

        @Override
        public String toString() {
            return first.toString();
        }
    }
}
