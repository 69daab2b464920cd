package io.firesteel.spark.testing;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** The local file system under the scheme {@code locked}, for those whose Hadoop configuration has the right key only. */
public final class LockedFileSystem extends RawLocalFileSystem {

    /** Hadoop configuration key of the key. */
    public static final String KEY = "fs.locked.key";

    /** The key that opens. */
    public static final String RIGHT_KEY = "sesame";

    @Override
    public void initialize(URI uri, Configuration configuration) throws IOException {
        if (!RIGHT_KEY.equals(configuration.get(KEY))) {
            throw new IOException("locked, and key '" + configuration.get(KEY) + "' does not open it");
        }
        super.initialize(uri, configuration);
    }

    @Override
    public URI getUri() {
        return URI.create("locked:///");
    }

    @Override
    public String getScheme() {
        return "locked";
    }
}
