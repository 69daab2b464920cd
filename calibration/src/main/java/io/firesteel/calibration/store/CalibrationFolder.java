package io.firesteel.calibration.store;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.histogram.HistogramTable;
import io.firesteel.calibration.sensitivity.Comparison;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.plan.ModelFolder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The calibration of one plan file, {@code PLAN.plan}:
 *
 * <pre>
 * PLAN.calibration/table             the finished calibration
 * PLAN.calibration/chunks/KEY.fsht   the histograms of one chunk of a sample
 * PLAN.calibration/networks/KEY.fscp   how one int8 network compares with the plan on validation rows
 * </pre>
 *
 * <p>Files appear whole: they are written under another name and renamed.
 */
public final class CalibrationFolder {

    private static final String SUFFIX = ".calibration";
    private static final String CHUNK = ".fsht";
    private static final String COMPARISON = ".fscp";
    private static final int LONGEST = 1 << 30;

    private final Path folder;
    private final Path chunks;
    private final Path networks;
    private final FileSystem files;

    private CalibrationFolder(Path folder, FileSystem files) {
        this.folder = folder;
        this.chunks = new Path(folder, "chunks");
        this.networks = new Path(folder, "networks");
        this.files = files;
    }

    /** The folder of a plan file, which need not exist. */
    public static CalibrationFolder of(String planUri, Configuration configuration) {
        Path plan = new Path(planUri);
        String name = plan.getName();
        String stem = name.endsWith(ModelFolder.SUFFIX) ? name.substring(0, name.length() - ModelFolder.SUFFIX.length()) : name;
        Path folder = new Path(plan.getParent(), stem + SUFFIX);
        try {
            return new CalibrationFolder(folder, FileSystems.of(folder, configuration));
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    /** The place of the finished calibration, for people. */
    public String uri() {
        return new Path(folder, "table").toString();
    }

    /** The finished calibration, where there is one of this plan. */
    public Optional<CalibrationTable> table(String planHash) {
        return read(new Path(folder, "table")).map(CalibrationTable::fromBytes).filter(table -> table.planHash().equals(planHash));
    }

    /** Replaces the finished calibration. */
    public void write(CalibrationTable table) {
        write(new Path(folder, "table"), table.toBytes(), true);
    }

    /** The histograms of a chunk, where they were finished; a damaged file is as none. */
    public Optional<HistogramTable> chunk(String key) {
        return undamaged(chunkFile(key), HistogramTable::fromBytes);
    }

    /** How a network compares, where it was measured; a damaged file is as none. */
    Optional<Comparison> comparison(String key) {
        return undamaged(new Path(networks, key + COMPARISON), Comparison::fromBytes);
    }

    private <T> Optional<T> undamaged(Path file, Function<byte[], T> parser) {
        try {
            return read(file).map(parser);
        } catch (FiresteelException e) {
            if (e.code().equals("CALIBRATION_DAMAGED")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Adds the histograms of a chunk. */
    public void write(String key, HistogramTable histograms) {
        write(chunkFile(key), histograms.toBytes(), false);
    }

    /** Adds how a network compares. */
    void write(String key, Comparison comparison) {
        write(new Path(networks, key + COMPARISON), comparison.toBytes(), true);
    }

    /** Deletes the chunks of other samples and options. */
    public void keepOnly(Set<String> keys) {
        keepOnly(chunks, CHUNK, keys);
    }

    /** Deletes the comparisons of other networks, rows and options. */
    void keepOnlyComparisons(Set<String> keys) {
        keepOnly(networks, COMPARISON, keys);
    }

    private void keepOnly(Path parent, String suffix, Set<String> keys) {
        try {
            for (FileStatus status : files.listStatus(parent)) {
                String name = status.getPath().getName();
                if (!name.endsWith(suffix) || !keys.contains(name.substring(0, name.length() - suffix.length()))) {
                    files.delete(status.getPath(), false);
                }
            }
        } catch (FileNotFoundException e) {
            return;
        } catch (IOException e) {
            throw unwritable(parent, e);
        }
    }

    private Path chunkFile(String key) {
        return new Path(chunks, key + CHUNK);
    }

    private Optional<byte[]> read(Path file) {
        try (FSDataInputStream in = files.open(file)) {
            return Optional.of(in.readNBytes(LONGEST));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private void write(Path file, byte[] bytes, boolean replace) {
        Path incoming = new Path(file.getParent(), ".new-" + UUID.randomUUID());
        try {
            files.mkdirs(file.getParent());
            try (FSDataOutputStream out = files.create(incoming, true)) {
                out.write(bytes);
            }
            if (replace) {
                files.delete(file, false);
            }
            if (!files.rename(incoming, file)) {
                files.delete(incoming, false);
                if (!files.exists(file)) {
                    throw new IOException("cannot rename " + incoming + " to " + file);
                }
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static FiresteelException unreadable(Path path, IOException e) {
        return new FiresteelException("CALIBRATION_UNREADABLE", FiresteelException.Kind.USER, null,
                path + " cannot be read: " + e.getMessage(), e);
    }

    private static FiresteelException unwritable(Path path, IOException e) {
        return new FiresteelException("CALIBRATION_UNWRITABLE", FiresteelException.Kind.USER, null,
                path + " cannot be written: " + e.getMessage() + "; calibrations are kept beside their plan", e);
    }
}
