package io.firesteel.spark.plugin;

import io.firesteel.engine.TacticStore;
import io.firesteel.engine.TacticTiming;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/** The tactic tables beside a plan on any Hadoop file system, so that a device is tuned once a cluster. */
public final class TacticFiles implements TacticStore {

    private static final int LONGEST = 64 << 20;

    private final Path folder;
    private final Configuration configuration;

    private TacticFiles(Path folder, Configuration configuration) {
        this.folder = folder;
        this.configuration = configuration;
    }

    /** The tables beside a plan file. */
    public static TacticFiles of(String planUri, Configuration configuration) {
        return new TacticFiles(new Path(planUri).getParent(), configuration);
    }

    @Override
    public Optional<String> read(String name) throws IOException {
        return read(new Path(folder, name));
    }

    private Optional<String> read(Path file) throws IOException {
        try (FSDataInputStream in = files().open(file)) {
            return Optional.of(new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    @Override
    public void write(String name, String text) throws IOException {
        Path file = new Path(folder, name);
        Path incoming = new Path(folder, ".new-" + UUID.randomUUID());
        write(incoming, text);
        try {
            FileContext.getFileContext(folder.toUri(), configuration).rename(incoming, file, Options.Rename.OVERWRITE);
        } catch (UnsupportedFileSystemException e) {
            files().delete(incoming, false);
            write(file, text);
        }
    }

    private void write(Path file, String text) throws IOException {
        try (FSDataOutputStream out = files().create(file, true)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The lines of all tables of a plan, whatever the device; empty where it was tuned nowhere. */
    public List<TacticTiming> timings(String planHash) throws IOException {
        List<TacticTiming> timings = new ArrayList<>();
        String prefix = TacticTiming.prefix(planHash);
        FileStatus[] tables = files().listStatus(folder,
                path -> path.getName().startsWith(prefix) && path.getName().endsWith(TacticTiming.SUFFIX));
        Arrays.sort(tables);
        for (FileStatus table : tables) {
            read(table.getPath()).ifPresent(text -> timings.addAll(TacticTiming.read(text, planHash)));
        }
        return timings;
    }

    private FileSystem files() throws IOException {
        return folder.getFileSystem(configuration);
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
