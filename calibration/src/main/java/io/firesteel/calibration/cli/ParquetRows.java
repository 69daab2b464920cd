package io.firesteel.calibration.cli;

import io.firesteel.FiresteelException;
import io.firesteel.spark.catalog.BoundRows;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The rows of a Parquet file or folder, in a Spark session of this process that ends with it. */
final class ParquetRows implements AutoCloseable {

    private final String file;
    private final SparkSession session;
    private final Dataset<Row> all;

    /**
     * @param option by which {@code data} was given, for its error
     * @param data one file or folder
     * @throws FiresteelException {@code ARGUMENT_UNKNOWN} where there are several, {@code INPUT_UNREADABLE} where it is no Parquet
     */
    ParquetRows(String command, String option, List<String> data, String device) {
        if (data.size() > 1) {
            throw FiresteelException.user("ARGUMENT_UNKNOWN", option + " takes .npy files or one Parquet file or folder, not " + data);
        }
        file = data.get(0);
        session = SparkSession.builder().master("local[*]").appName("firesteel " + command)
                .config("spark.ui.enabled", false).config("spark.log.level", "OFF")
                .config("spark.firesteel.device", device).getOrCreate();
        try {
            all = session.read().parquet(file);
        } catch (Throwable e) {
            close();
            if (e instanceof Error) {
                throw e;
            }
            throw new FiresteelException("INPUT_UNREADABLE", FiresteelException.Kind.USER, null, option + " '" + file
                    + "' cannot be read as Parquet: " + e.getMessage() + "; give a Parquet file or folder, or .npy files", e);
        }
    }

    SparkSession session() {
        return session;
    }

    boolean hasColumn(String name) {
        return Arrays.stream(all.columns()).anyMatch(name::equalsIgnoreCase);
    }

    /**
     * The columns named, or all where none is; the further one is taken beside those named.
     *
     * @throws FiresteelException {@code CALIBRATION_DATA} where there is no such column
     */
    Dataset<Row> select(List<String> columns, Optional<String> further) {
        for (String name : Stream.concat(columns.stream(), further.stream()).toList()) {
            if (!hasColumn(name)) {
                throw FiresteelException.user(BoundRows.UNSUITABLE, "'" + file + "' has no column '" + name + "': name some of its columns, "
                        + String.join(", ", all.columns()));
            }
        }
        if (columns.isEmpty()) {
            return all;
        }
        List<String> wanted = new ArrayList<>(columns);
        further.ifPresent(wanted::add);
        return all.selectExpr(wanted.stream().map(name -> "`" + name + "`").toArray(String[]::new));
    }

    Configuration hadoop() {
        return ((org.apache.spark.sql.classic.SparkSession) session).sessionState().newHadoopConf();
    }

    /** The model in a plan file. */
    StoredModel model(Path file) {
        return ModelStore.open(new org.apache.hadoop.fs.Path(file.toAbsolutePath().toUri()), hadoop());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (IOException e) {
            throw FiresteelException.internal("Spark does not end: " + e, e);
        }
    }
}
