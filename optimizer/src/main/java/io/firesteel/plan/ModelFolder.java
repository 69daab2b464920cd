package io.firesteel.plan;

import io.firesteel.FiresteelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A model with its versions, as a folder on any file system:
 *
 * <pre>
 * NAME/HASH.plan   one file per version, never changed
 * NAME/CURRENT     one line, the name of the version in use; replaced atomically
 * </pre>
 *
 * <p>This class reads and writes folders of the local file system; the layout's two rules serve others too.
 */
public final class ModelFolder {

    /** Name of the pointer file. */
    public static final String POINTER = "CURRENT";

    /** What plan files end with. */
    public static final String SUFFIX = ".plan";

    /** More than a pointer file needs, so that another file's size does no harm. */
    private static final int LONGEST_POINTER = 256;

    private static final Pattern VERSION = Pattern.compile("[0-9a-f]{64}\\.plan");

    private ModelFolder() { }

    /** The file name of a version. */
    public static String fileName(String hash) {
        return hash + SUFFIX;
    }

    /** A pointer file's text for a version. */
    public static String pointer(String hash) {
        return fileName(hash) + "\n";
    }

    /**
     * The file name of the version that a pointer file names.
     *
     * @param content the file's content
     * @param where the pointer file, for the error
     * @throws FiresteelException where it names none
     */
    public static String readPointer(InputStream content, String where) throws IOException {
        String name = new String(content.readNBytes(LONGEST_POINTER), StandardCharsets.US_ASCII).strip();
        if (!VERSION.matcher(name).matches()) {
            throw FiresteelException.user("MODEL_POINTER_DAMAGED", where + " does not name a version (HASH.plan); import the"
                    + " model again, or write the name of one of the folder's plan files into it");
        }
        return name;
    }

    /**
     * The plan file of a model: the file itself, or the version in use of a folder.
     *
     * @throws FiresteelException where there is none
     */
    public static Path resolve(Path model) {
        if (!Files.isDirectory(model)) {
            if (Files.isRegularFile(model)) {
                return model;
            }
            Path file = model.resolveSibling(model.getFileName() + SUFFIX);
            if (Files.isRegularFile(file)) {
                return file;
            }
            throw FiresteelException.user("MODEL_NOT_FOUND", model + " is neither a plan file nor a model's folder");
        }
        Path pointer = model.resolve(POINTER);
        if (!Files.isRegularFile(pointer)) {
            throw FiresteelException.user("MODEL_NOT_FOUND", model + " has no file " + POINTER + ": it is not a model's folder");
        }
        try (InputStream content = Files.newInputStream(pointer)) {
            return model.resolve(readPointer(content, pointer.toString()));
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNREADABLE", FiresteelException.Kind.USER, null,
                    pointer + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Adds a version to a model's folder and makes it the one in use.
     *
     * @return the version's file
     * @throws FiresteelException where the folder cannot be written
     */
    public static Path publish(Plan plan, Path folder) {
        try {
            Files.createDirectories(folder);
            Path written = Files.createTempFile(folder, ".new-", SUFFIX);
            try {
                Plan stored = PlanWriter.write(plan, written);
                Path version = folder.resolve(fileName(stored.hash()));
                Files.move(written, version, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                Path pointer = folder.resolve(".new-" + UUID.randomUUID());
                Files.write(pointer, pointer(stored.hash()).getBytes(StandardCharsets.US_ASCII));
                Files.move(pointer, folder.resolve(POINTER), StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                return version;
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNWRITABLE", FiresteelException.Kind.USER, null,
                    folder + " cannot be written: " + e.getMessage(), e);
        }
    }
}
