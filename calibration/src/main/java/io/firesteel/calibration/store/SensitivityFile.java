package io.firesteel.calibration.store;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.sensitivity.SensitivityTable;
import io.firesteel.plan.ModelFolder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The file beside a quantized plan, {@code PLAN.sensitivity}, that says why each of its layers has the precision it has. */
public final class SensitivityFile {

    private static final String SUFFIX = ".sensitivity";
    private static final int LONGEST = 1 << 28;

    private final Path file;
    private final Configuration configuration;

    /** The file of a plan file; neither need exist. */
    public SensitivityFile(String planUri, Configuration configuration) {
        Path plan = new Path(planUri);
        String name = plan.getName();
        String stem = name.endsWith(ModelFolder.SUFFIX) ? name.substring(0, name.length() - ModelFolder.SUFFIX.length()) : name;
        this.file = new Path(plan.getParent(), stem + SUFFIX);
        this.configuration = configuration;
    }

    /** The table, where the plan was quantized by Firesteel. */
    public Optional<SensitivityTable> read() {
        try (FSDataInputStream in = files().open(file)) {
            return Optional.of(SensitivityTable.fromBytes(in.readNBytes(LONGEST)));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new FiresteelException("CALIBRATION_UNREADABLE", FiresteelException.Kind.USER, null,
                    file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Writes the table; the file appears whole. */
    public void write(SensitivityTable table) {
        Path incoming = new Path(file.getParent(), ".new-" + UUID.randomUUID());
        try {
            try (FSDataOutputStream out = files().create(incoming, true)) {
                out.write(table.toBytes());
            }
            files().delete(file, false);
            if (!files().rename(incoming, file)) {
                throw new IOException("cannot rename " + incoming);
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Deletes the table, where there is one: that of a plan whose place another one took. */
    public void delete() {
        try {
            files().delete(file, false);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private FiresteelException unwritable(IOException e) {
        return new FiresteelException("CALIBRATION_UNWRITABLE", FiresteelException.Kind.USER, null,
                file + " cannot be written: " + e.getMessage(), e);
    }

    private FileSystem files() throws IOException {
        return FileSystems.of(file, configuration);
    }
}
