package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sensitivity.ClassLabels;
import io.firesteel.spark.model.TensorSpec;
import java.io.Serializable;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.PartitionCoalescer;
import org.apache.spark.rdd.PartitionGroup;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/**
 * Carries chosen rows to the partitions that the driver has chosen for them, where each comes once and in the order of the hashes. They
 * go through Spark SQL's shuffle, which keeps no row that it has written or read. A partition is divided into runs of neighbouring
 * hashes that are sorted one after the other in memory, so what a task holds does not grow with the rows of its partition.
 */
final class RowExchange implements AutoCloseable {

    private static final long RUN_BYTES = 4L << 20;
    private static final int MOST_RUNS = 1 << 15;
    private static final StructType SCHEMA =
            StructType.fromDDL("run INT NOT NULL, hash BINARY NOT NULL, label BIGINT NOT NULL, inputs BINARY NOT NULL");

    private final SparkSession session;
    private final RowTensors.Layout layout;
    private final RunsOfPartitions partitions;
    private final Broadcast<Map<ContentHash, Integer>> runs;

    /** Makes the runs of each partition one partition again. */
    private record RunsOfPartitions(int[] ends) implements PartitionCoalescer, Serializable {

        @Override
        public PartitionGroup[] coalesce(int most, RDD<?> parent) {
            PartitionGroup[] groups = new PartitionGroup[ends.length];
            for (int i = 0; i < groups.length; i++) {
                groups[i] = new PartitionGroup(Option.empty());
                for (int run = i == 0 ? 0 : ends[i - 1]; run < ends[i]; run++) {
                    groups[i].partitions().addOne(parent.partitions()[run]);
                }
            }
            return groups;
        }
    }

    /** @param partitions the rows that are chosen for each partition, by their hashes in ascending order; there may be none */
    RowExchange(org.apache.spark.sql.SparkSession session, RowTensors.Layout layout, List<? extends Collection<ContentHash>> partitions) {
        // Adaptive execution would run the shuffle ahead of the job it is for, and drop partitions where no row came.
        this.session = ((SparkSession) session).cloneSession();
        this.session.conf().set("spark.sql.adaptive.enabled", false);
        this.layout = layout;
        long rows = partitions.stream().mapToLong(Collection::size).sum();
        long rowBytes = layout.model().inputs().stream().mapToLong(TensorSpec::bytes).sum();
        long runRows = 1 + Math.max(RUN_BYTES / (1 + rowBytes), rows / MOST_RUNS);
        Map<ContentHash, Integer> found = new HashMap<>();
        int[] ends = new int[partitions.size()];
        int run = 0;
        for (int i = 0; i < ends.length; i++) {
            int row = 0;
            for (ContentHash hash : partitions.get(i)) {
                found.put(hash, run + (int) (row++ / runRows));
            }
            run += Math.max(1, (int) ((row + runRows - 1) / runRows));
            ends[i] = run;
        }
        this.partitions = new RunsOfPartitions(ends);
        this.runs = JavaSparkContext.fromSparkContext(session.sparkContext()).broadcast(found);
    }

    /**
     * Carries the chosen ones of rows.
     *
     * @param labels of the rows, which have a label before the inputs that belongs to what they are chosen by; or null
     */
    JavaRDD<ChosenRow> carry(JavaRDD<InternalRow> rows, ClassLabels labels) {
        int count = partitions.ends().length;
        if (count == 0) {
            return JavaSparkContext.fromSparkContext(session.sparkContext()).emptyRDD();
        }
        RowTensors.Layout carried = layout;
        Broadcast<Map<ContentHash, Integer>> chosen = runs;
        JavaRDD<InternalRow> sent = rows.mapPartitions(part -> new ChosenRows(part, carried, labels, chosen.value()));
        return session.internalCreateDataFrame(sent.rdd(), SCHEMA, false)
                .repartitionById(partitions.ends()[count - 1], functions.col("run")).sortWithinPartitions("hash")
                .queryExecution().toRdd().coalesce(count, false, Option.apply(partitions), null)
                .toJavaRDD().mapPartitions(RowExchange::received);
    }

    private static Iterator<ChosenRow> received(Iterator<InternalRow> rows) {
        return new LazyIterator<>() {
            private ContentHash last;

            @Override
            protected boolean fill(Queue<ChosenRow> queue) {
                if (!rows.hasNext()) {
                    return false;
                }
                InternalRow row = rows.next();
                ContentHash hash = ContentHash.fromBytes(row.getBinary(1));
                if (!hash.equals(last)) {
                    last = hash;
                    queue.add(new ChosenRow(hash, row.getLong(2), row.getBinary(3)));
                }
                return true;
            }
        };
    }

    /** Ends what was carried; its rows cannot be read again. */
    @Override
    public void close() {
        runs.destroy();
    }
}
