package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import java.util.List;
import org.apache.spark.Partitioner;

/** One partition for each chunk to compute. */
final class ChunkPartitioner extends Partitioner {

    private static final long serialVersionUID = 1;

    private final List<Integer> chunks;

    ChunkPartitioner(List<Integer> chunks) {
        this.chunks = List.copyOf(chunks);
    }

    @Override
    public int numPartitions() {
        return chunks.size();
    }

    @Override
    public int getPartition(Object key) {
        return chunks.indexOf(((ContentHash) key).chunk());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChunkPartitioner partitioner && partitioner.chunks.equals(chunks);
    }

    @Override
    public int hashCode() {
        return chunks.hashCode();
    }
}
