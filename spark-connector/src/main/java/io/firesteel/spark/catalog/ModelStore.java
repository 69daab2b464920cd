package io.firesteel.spark.catalog;

import io.firesteel.FiresteelException;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanHeader;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.spark.model.ModelSpec;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * The models below one path of any Hadoop file system: {@code NAME.plan} files, and folders {@code NAME} laid out as
 * {@link ModelFolder} says.
 */
public final class ModelStore {

    private final Path root;
    private final Supplier<Configuration> configuration;
    private final HeaderCache headers = new HeaderCache();

    /**
     * @param root the path that holds the models
     * @param configuration gives the settings that find the file system as they are now
     */
    public ModelStore(Path root, Supplier<Configuration> configuration) {
        this.root = root;
        this.configuration = configuration;
    }

    /** The path that holds the models. */
    public Path root() {
        return root;
    }

    /** Finds the file systems that models and what they are made of lie on. */
    public Configuration configuration() {
        return configuration.get();
    }

    /** Names of the models, sorted. */
    public List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        try {
            for (FileStatus status : fileSystem().listStatus(root)) {
                String name = status.getPath().getName();
                if (status.isFile() && name.endsWith(ModelFolder.SUFFIX)) {
                    names.add(name.substring(0, name.length() - ModelFolder.SUFFIX.length()));
                } else if (status.isDirectory() && fileSystem().exists(new Path(status.getPath(), ModelFolder.POINTER))) {
                    names.add(name);
                }
            }
        } catch (FileNotFoundException e) {
            return List.of();
        } catch (IOException e) {
            throw unreadable(root, e);
        }
        return List.copyOf(names);
    }

    /**
     * The version in use of a model, or empty where there is no such model. As everywhere in SQL, the case of letters counts only
     * where names differ in nothing else.
     */
    public Optional<StoredModel> find(String name) {
        return findExactly(name).or(() -> {
            List<String> alike = names().stream().filter(name::equalsIgnoreCase).toList();
            return alike.size() == 1 ? findExactly(alike.get(0)) : Optional.empty();
        });
    }

    private Optional<StoredModel> findExactly(String name) {
        if (!isName(name)) {
            return Optional.empty();
        }
        Path folder = new Path(root, name);
        try {
            Optional<String> version = readPointer(new Path(folder, ModelFolder.POINTER));
            Path file = version.map(v -> new Path(folder, v)).orElse(new Path(root, name + ModelFolder.SUFFIX));
            FileStatus status = fileSystem().getFileStatus(file);
            return status.isFile() ? Optional.of(stored(name, status)) : Optional.empty();
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    /** The model in a plan file or folder that is named by its own path. */
    public static StoredModel open(Path path, Configuration configuration) {
        String file = path.getName();
        String name = file.endsWith(ModelFolder.SUFFIX) ? file.substring(0, file.length() - ModelFolder.SUFFIX.length()) : file;
        return new ModelStore(path.getParent(), () -> configuration).find(name)
                .orElseThrow(() -> FiresteelException.user("MODEL_NOT_FOUND", path + " is neither a plan file nor a model's folder"));
    }

    /** All versions of a model, newest first. */
    public List<FileStatus> versions(String name) {
        List<FileStatus> versions = new ArrayList<>();
        try {
            for (FileStatus status : fileSystem().listStatus(new Path(root, name))) {
                String file = status.getPath().getName();
                if (status.isFile() && file.endsWith(ModelFolder.SUFFIX) && !file.startsWith(".")) {
                    versions.add(status);
                }
            }
        } catch (FileNotFoundException e) {
            return find(name).map(model -> {
                try {
                    return List.of(fileSystem().getFileStatus(new Path(model.uri())));
                } catch (IOException io) {
                    throw unreadable(root, io);
                }
            }).orElse(List.of());
        } catch (IOException e) {
            throw unreadable(root, e);
        }
        versions.sort((a, b) -> Long.compare(b.getModificationTime(), a.getModificationTime()));
        return versions;
    }

    /**
     * Checks the name of a model to be.
     *
     * @return the name
     * @throws FiresteelException where SQL could not call a model by it
     */
    public static String requireName(String name) {
        if (!name.matches("[A-Za-z_][A-Za-z0-9_]*") || name.equalsIgnoreCase("system")) {
            throw FiresteelException.user("MODEL_NAME_INVALID", "a model cannot be named '" + name
                    + "': use letters, digits and underscores, and not 'system'");
        }
        return name;
    }

    /**
     * Adds a version of a model and makes it the one in use. Readers see the old version or the new one.
     *
     * @return the version
     * @throws FiresteelException where SQL could not call the model; nothing is written then
     */
    public StoredModel publish(String name, Plan plan) {
        ModelSpec.of(requireName(name), plan);
        Path folder = new Path(root, name);
        try (LocalCopy local = LocalCopy.temporary(name + ModelFolder.SUFFIX)) {
            Plan stored = PlanWriter.write(plan, local.file());
            FileSystem files = fileSystem();
            files.mkdirs(folder);
            Path version = new Path(folder, ModelFolder.fileName(stored.hash()));
            if (!files.exists(version)) {
                Path incoming = new Path(folder, ".new-" + UUID.randomUUID());
                files.copyFromLocalFile(true, true, new Path(local.file().toUri()), incoming);
                if (!files.rename(incoming, version) && !files.exists(version)) {
                    throw new IOException("cannot rename " + incoming + " to " + version);
                }
            }
            replacePointer(new Path(folder, ModelFolder.POINTER), ModelFolder.pointer(stored.hash()));
            return find(name).orElseThrow(() -> FiresteelException.internal(version + " vanished", null));
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNWRITABLE", FiresteelException.Kind.USER, null,
                    folder + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Deletes a model with all its versions, also one that cannot be read; false where there is none. */
    public boolean drop(String name) {
        if (!isName(name)) {
            return false;
        }
        try {
            Path pointer = new Path(new Path(root, name), ModelFolder.POINTER);
            if (fileSystem().exists(pointer)) {
                fileSystem().delete(pointer, false);
                return fileSystem().delete(new Path(root, name), true);
            }
            Path file = new Path(root, name + ModelFolder.SUFFIX);
            return fileSystem().exists(file) && fileSystem().delete(file, false);
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNWRITABLE", FiresteelException.Kind.USER, null,
                    "model '" + name + "' cannot be deleted: " + e.getMessage(), e);
        }
    }

    /** Loads the whole plan of a version. */
    public Plan plan(StoredModel model) {
        try (LocalCopy local = LocalCopy.of(new Path(model.uri()), configuration())) {
            return PlanReader.read(local.file());
        } catch (IOException e) {
            throw unreadable(new Path(model.uri()), e);
        }
    }

    private static boolean isName(String name) {
        return !name.isEmpty() && !name.startsWith(".") && !name.contains("/");
    }

    private StoredModel stored(String name, FileStatus status) throws IOException {
        PlanHeader header = headers.get(status, () -> readHeader(status));
        return new StoredModel(this, name, status.getPath().toString(), header);
    }

    private PlanHeader readHeader(FileStatus status) throws IOException {
        try (InputStream in = fileSystem().open(status.getPath())) {
            return PlanReader.header(status.getPath().toString(), in, status.getLen());
        }
    }

    private Optional<String> readPointer(Path pointer) throws IOException {
        try (FSDataInputStream in = fileSystem().open(pointer)) {
            return Optional.of(ModelFolder.readPointer(in, pointer.toString()));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    private void replacePointer(Path pointer, String text) throws IOException {
        Path incoming = new Path(pointer.getParent(), ".new-" + UUID.randomUUID());
        write(incoming, text);
        try {
            FileContext.getFileContext(root.toUri(), configuration()).rename(incoming, pointer, Options.Rename.OVERWRITE);
        } catch (UnsupportedFileSystemException e) {
            fileSystem().delete(incoming, false);
            write(pointer, text);
        }
    }

    private void write(Path file, String text) throws IOException {
        try (FSDataOutputStream out = fileSystem().create(file, true)) {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private FileSystem fileSystem() throws IOException {
        return root.getFileSystem(configuration());
    }

    private static FiresteelException unreadable(Path path, IOException e) {
        return new FiresteelException("MODEL_UNREADABLE", FiresteelException.Kind.USER, null,
                path + " cannot be read: " + e.getMessage(), e);
    }
}
