package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.engine.EngineCache;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.plugin.ExecutorModels;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Computes the histograms of one chunk and stores them.
 *
 * @param chunks the chunk of each partition
 * @param keys under which each is stored
 * @param sample the rows of all chunks and how often each is observed
 */
record ChunkTask(ModelSpec model, FiresteelConf conf, ObserveOptions options, List<Integer> chunks, List<String> keys,
        Broadcast<List<SortedMap<ContentHash, Integer>>> sample, SerializableConfiguration hadoop) implements Serializable {

    /** The settings under which a model computes in fp32. */
    static FiresteelConf strict(ModelSpec model, FiresteelConf conf) {
        return conf.withPrecision(model.precision().equals("fp32") ? "plan" : "fp32");
    }

    /** @param rows the chunk's rows in the order of their hashes */
    void run(Iterator<ChosenRow> rows) {
        int partition = TaskContext.getPartitionId();
        Map<ContentHash, Integer> wanted = sample.value().get(chunks.get(partition));
        try (EngineCache.Lease lease = ExecutorModels.engine(model, strict(model, conf), hadoop.value());
                RowObserver observer = new RowObserver(lease.engine(), options)) {
            int found = 0;
            while (rows.hasNext()) {
                ChosenRow row = rows.next();
                observer.add(row.inputs(), wanted.get(row.hash()));
                found++;
            }
            if (found != wanted.size()) {
                throw FiresteelException.user("CALIBRATION_DATA", "the data gave other rows when it was read again: "
                        + (wanted.size() - found) + " rows of the sample are gone; give a query that always gives the same rows");
            }
            CalibrationFolder.of(model.uri(), hadoop.value()).write(keys.get(partition), observer.finish());
        }
    }
}
