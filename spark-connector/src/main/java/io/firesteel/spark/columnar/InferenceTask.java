package io.firesteel.spark.columnar;

import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.metrics.InferenceMetrics;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.model.TensorSpec;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What a task needs to know to compute one model call, sent from the driver.
 *
 * @param model the model
 * @param binding how its arguments bind
 * @param columns a name for each argument, for errors
 * @param arguments each argument's place in the operator's input
 * @param carried places of the input's columns that pass through
 * @param carriedSchema the types of the columns that pass through
 * @param conf settings of the query
 * @param hadoop the session's settings of file systems
 * @param metrics where it reports
 */
public record InferenceTask(ModelSpec model, ArgumentBinding binding, List<String> columns, int[] arguments, int[] carried,
        StructType carriedSchema, FiresteelConf conf, Broadcast<SerializableConfiguration> hadoop, InferenceMetrics metrics) implements Serializable {

    private static final int LARGEST_BATCH = 512;
    private static final int STAGING_BYTES = 16 << 20;
    private static final int OUTPUT_BYTES = 64 << 20;

    /** Rows of a full batch: as set, or by the size of a row; never more than the buffers of one batch can hold. */
    public static int batchRows(ModelSpec model, FiresteelConf conf) {
        long rows = conf.batchSize() > 0 ? conf.batchSize()
                : Math.min(LARGEST_BATCH, Long.highestOneBit(Math.min(STAGING_BYTES / inputBytes(model), OUTPUT_BYTES / outputBytes(model))));
        return within(model, rows);
    }

    /**
     * Rows of a full batch on an engine, so that it is whole buckets.
     *
     * @param buckets rows of one run of the engine, ascending
     */
    int batchRows(List<Integer> buckets) {
        int rows = batchRows(model, conf);
        int bucket = buckets.stream().filter(b -> b <= rows).reduce((a, b) -> b).orElse(buckets.get(0));
        return conf.batchSize() > 0 ? rows : within(model, Math.max(bucket, rows / bucket * bucket));
    }

    /**
     * The most rows that one columnar batch of results holds, so that its vectors stay well below Arrow's 2^31 elements.
     *
     * @param batchRows rows of a full batch
     */
    int outputRows(int batchRows) {
        return (int) Math.max(batchRows, OUTPUT_BYTES / outputBytes(model) / batchRows * batchRows);
    }

    private static int within(ModelSpec model, long rows) {
        long largest = Math.max(model.inputs().stream().mapToLong(TensorSpec::bytes).max().orElse(1),
                model.outputs().stream().mapToLong(InferenceTask::outputBytes).max().orElse(1));
        return (int) Math.max(1, Math.min(rows, Integer.MAX_VALUE / Math.max(1, largest)));
    }

    private static long inputBytes(ModelSpec model) {
        return Math.max(1, model.inputs().stream().mapToLong(TensorSpec::bytes).sum());
    }

    private static long outputBytes(ModelSpec model) {
        return Math.max(1, model.outputs().stream().mapToLong(InferenceTask::outputBytes).sum());
    }

    private static long outputBytes(TensorSpec output) {
        return Math.max(output.bytes(), (long) output.elements() * Widening.elementBytes(output));
    }
}
