package io.firesteel.spark.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.SparkEnv;

/**
 * The local file system under the scheme {@code halting}: the first executor that opens a plan while the file
 * {@code halting.trap} names exists takes the file away and dies.
 */
public final class HaltingFileSystem extends RawLocalFileSystem {

    /** Hadoop configuration key of the trap's path. */
    public static final String TRAP = "halting.trap";

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
    public FSDataInputStream open(org.apache.hadoop.fs.Path path, int bufferSize) throws IOException {
        if (path.getName().endsWith(".plan")) {
            halt(getConf().get(TRAP));
        }
        return super.open(path, bufferSize);
    }

    /** Ends this executor where the trap is set; on the driver, nothing happens. */
    public static void halt(String trap) throws IOException {
        if (!SparkEnv.get().executorId().equals("driver") && Files.deleteIfExists(Path.of(trap))) {
            Runtime.getRuntime().halt(KILLED);
        }
    }

    /** Sets the trap. */
    public static void set(Path trap) throws IOException {
        try {
            Files.createFile(trap);
        } catch (FileAlreadyExistsException e) {
            throw new IllegalStateException("the trap is still set: nobody stepped into it", e);
        }
    }
}
