package io.firesteel.calibration.job;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.spark.SparkEnv;

/**
 * The local file system under the scheme {@code halting}: the executor that begins a chunk's file while the file
 * {@code halting.trap} names exists takes that file away and dies.
 */
public final class HaltingFileSystem extends RawLocalFileSystem {

    static final String TRAP = "halting.trap";
    private static final int KILLED = 137;

    @Override
    public URI getUri() {
        return URI.create("halting:///");
    }

    @Override
    public String getScheme() {
        return "halting";
    }

    @Override
    public FSDataOutputStream create(org.apache.hadoop.fs.Path path, FsPermission permission, boolean overwrite, int buffer,
            short replication, long block, Progressable progress) throws IOException {
        halt(path);
        return super.create(path, permission, overwrite, buffer, replication, block, progress);
    }

    @Override
    public FSDataOutputStream create(org.apache.hadoop.fs.Path path, boolean overwrite, int buffer, short replication, long block,
            Progressable progress) throws IOException {
        halt(path);
        return super.create(path, overwrite, buffer, replication, block, progress);
    }

    private void halt(org.apache.hadoop.fs.Path path) throws IOException {
        if (path.getParent().getName().equals("chunks") && !SparkEnv.get().executorId().equals("driver")
                && Files.deleteIfExists(Path.of(getConf().get(TRAP)))) {
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
