package io.firesteel.spark.catalog;

import io.firesteel.plan.PlanHeader;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** The headers read last, each valid while its file's length and time stay: Spark asks for a function twice a query. */
final class HeaderCache {

    private static final int LIMIT = 256;

    private record Key(Path path, long length, long modified) { }

    /** Reads a header. */
    interface Reader {
        PlanHeader read() throws IOException;
    }

    private final Map<Key, PlanHeader> headers = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, PlanHeader> eldest) {
            return size() > LIMIT;
        }
    };

    synchronized PlanHeader get(FileStatus file, Reader reader) throws IOException {
        Key key = new Key(file.getPath(), file.getLen(), file.getModificationTime());
        PlanHeader header = headers.get(key);
        if (header == null) {
            header = reader.read();
            headers.put(key, header);
        }
        return header;
    }
}
