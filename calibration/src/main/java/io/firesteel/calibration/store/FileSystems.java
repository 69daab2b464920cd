package io.firesteel.calibration.store;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** Finds Hadoop file systems. */
public final class FileSystems {

    private FileSystems() { }

    /** The file system of a path; the local one without Hadoop's checksum files, so that other programs may change its files. */
    public static FileSystem of(Path path, Configuration configuration) throws IOException {
        FileSystem files = path.getFileSystem(configuration);
        return files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
    }
}
