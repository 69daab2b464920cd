package io.firesteel.spark.metrics;

import io.firesteel.spark.interop.Scala;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;

/**
 * What one ModelInference operator reports, shown in Spark's UI.
 *
 * @param outputRows rows the operator gives, computed or not
 * @param rows rows computed: those whose arguments are not null
 * @param batches runs of the engine
 * @param fill mean percentage of a full batch that a run has
 * @param planLoads engines built: one per executor JVM and device, 0 where another query had built it
 * @param planLoadTime milliseconds spent fetching plans and building engines
 * @param tuningWait nanoseconds spent waiting until kernels were chosen and made for the device, summed over tasks
 * @param computeTime nanoseconds within the engine, summed over tasks
 * @param copyTime nanoseconds spent copying arguments in and results out, summed over tasks
 */
public record InferenceMetrics(SQLMetric outputRows, SQLMetric rows, SQLMetric batches, SQLMetric fill, SQLMetric planLoads,
        SQLMetric planLoadTime, SQLMetric tuningWait, SQLMetric computeTime, SQLMetric copyTime) implements Serializable {

    /** Metrics registered with the driver. */
    public static InferenceMetrics create(SparkContext context) {
        return new InferenceMetrics(SQLMetrics.createMetric(context, "number of output rows"),
                SQLMetrics.createMetric(context, "rows"),
                SQLMetrics.createMetric(context, "batches"),
                SQLMetrics.createAverageMetric(context, "mean batch fill (%)"),
                SQLMetrics.createMetric(context, "plan loads"),
                SQLMetrics.createTimingMetric(context, "plan load time", 0L),
                SQLMetrics.createNanoTimingMetric(context, "tuning wait time", 0L),
                SQLMetrics.createNanoTimingMetric(context, "compute time", 0L),
                SQLMetrics.createNanoTimingMetric(context, "copy time", 0L));
    }

    /** The metrics by the names that programs use. */
    public scala.collection.immutable.Map<String, SQLMetric> asMap() {
        Map<String, SQLMetric> named = new LinkedHashMap<>();
        named.put("numOutputRows", outputRows);
        named.put("rows", rows);
        named.put("batches", batches);
        named.put("meanBatchFill", fill);
        named.put("planLoads", planLoads);
        named.put("planLoadTime", planLoadTime);
        named.put("tuningWaitTime", tuningWait);
        named.put("computeTime", computeTime);
        named.put("copyTime", copyTime);
        return Scala.map(named);
    }
}
