package io.firesteel.spark.columnar;

import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.metrics.InferenceMetrics;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.types.StructType;

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
 * @param metrics where it reports
 */
public record InferenceTask(ModelSpec model, ArgumentBinding binding, List<String> columns, int[] arguments, int[] carried,
        StructType carriedSchema, FiresteelConf conf, InferenceMetrics metrics) implements Serializable {

    private static final int LARGEST_BATCH = 512;
    private static final int STAGING_BYTES = 16 << 20;

    /** Rows of a full batch. */
    public int batchRows() {
        if (conf.batchSize() > 0) {
            return conf.batchSize();
        }
        long rowBytes = Math.max(1, model.inputs().stream().mapToLong(input -> input.bytes()).sum());
        return (int) Math.max(1, Math.min(LARGEST_BATCH, Long.highestOneBit(Math.max(1, STAGING_BYTES / rowBytes))));
    }
}
