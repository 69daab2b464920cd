package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.Sample;
import io.firesteel.calibration.sample.SmallestHashes;
import java.io.Serializable;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;

/** The smallest hashes of a part of the data, by stratum, and how many rows were left out. Merging is exact. */
final class SampledRows implements Serializable {

    /** The stratum of all rows where none was asked for. */
    static final String ALL = "";

    private static final long serialVersionUID = 1;

    private final TreeMap<String, SmallestHashes> strata = new TreeMap<>();
    private long skipped;

    /**
     * Reads rows.
     *
     * @param quotas rows wanted of each stratum; rows of others are passed over
     */
    static SampledRows of(Iterator<InternalRow> rows, RowTensors.Layout layout, Map<String, Integer> quotas) {
        SampledRows sampled = new SampledRows();
        RowTensors tensors = new RowTensors(layout, TaskContext.get());
        while (rows.hasNext()) {
            InternalRow row = rows.next();
            boolean complete = tensors.read(row);
            String stratum = layout.first() == 0 ? ALL : row.isNullAt(0) ? "NULL" : "'" + row.getUTF8String(0) + "'";
            Integer quota = quotas.get(stratum);
            if (!complete) {
                sampled.skipped++;
            } else if (quota != null) {
                sampled.strata.computeIfAbsent(stratum, absent -> new SmallestHashes(quota)).add(tensors.hash());
            }
        }
        return sampled;
    }

    SampledRows merge(SampledRows other) {
        other.strata.forEach((stratum, hashes) -> strata.merge(stratum, hashes, SmallestHashes::merge));
        skipped += other.skipped;
        return this;
    }

    Sample sample() {
        return Sample.of(strata.values());
    }

    long skipped() {
        return skipped;
    }
}
