package io.firesteel.spark.jobs;

import io.firesteel.FiresteelException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;

/**
 * A folder of Parquet files that is finished or does not count.
 *
 * <p>The rows are written into a folder beside it ({@code .NAME.unfinished}), which is then renamed and marked with the job's
 * fingerprint. A run that finds the mark is done; one that finds anything unfinished deletes it and starts anew, so no row is
 * written twice. A folder that carries no sign of this job is never touched. Only one run at a time may write an output.
 */
final class ScoreOutput {

    private static final String STARTED = "_firesteel_started";
    private static final String FINISHED = "_firesteel_finished";
    private static final int LONGEST_MARK = 128;

    private final Path output;
    private final Path unfinished;
    private final FileSystem files;

    ScoreOutput(Path path, Configuration configuration) throws IOException {
        this.files = path.getFileSystem(configuration);
        this.output = files.makeQualified(path);
        this.unfinished = new Path(output.getParent(), "." + output.getName() + ".unfinished");
    }

    /** Writes the rows; false where the same job had finished before. */
    boolean write(Dataset<Row> rows, String fingerprint, boolean overwrite) {
        try {
            Optional<String> finished = mark(FINISHED);
            if (finished.isPresent() && finished.get().equals(fingerprint) && !overwrite) {
                return false;
            }
            requireOurs(finished.isPresent(), overwrite);
            files.delete(unfinished, true);
            rows.write().mode(SaveMode.ErrorIfExists).parquet(unfinished.toString());
            mark(new Path(unfinished, STARTED), fingerprint);
            files.delete(output, true);
            if (!files.rename(unfinished, output)) {
                throw new IOException("cannot rename " + unfinished + " to " + output);
            }
            mark(new Path(output, FINISHED), fingerprint);
            return true;
        } catch (IOException e) {
            throw new FiresteelException("OUTPUT_UNWRITABLE", FiresteelException.Kind.USER, null,
                    output + " cannot be written: " + e.getMessage(), e);
        }
    }

    private void requireOurs(boolean finished, boolean overwrite) throws IOException {
        if (!files.exists(output)) {
            return;
        }
        if (finished && !overwrite) {
            throw FiresteelException.user("OUTPUT_EXISTS", output + " holds the scores of another query or model version;"
                    + " choose another --output, or pass --overwrite true");
        }
        if (!finished && mark(STARTED).isEmpty()) {
            throw FiresteelException.user("OUTPUT_EXISTS", output + " was not written by this job; choose another --output");
        }
    }

    private Optional<String> mark(String name) throws IOException {
        try (FSDataInputStream in = files.open(new Path(output, name))) {
            return Optional.of(new String(in.readNBytes(LONGEST_MARK), StandardCharsets.US_ASCII));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    private void mark(Path file, String fingerprint) throws IOException {
        try (FSDataOutputStream out = files.create(file, true)) {
            out.write(fingerprint.getBytes(StandardCharsets.US_ASCII));
        }
    }
}
