package io.firesteel.tests.benchmark;

import io.firesteel.spark.catalyst.ModelInferenceExec;
import io.firesteel.spark.interop.Scala;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.execution.SparkPlan;

/**
 * What one run of a query took.
 *
 * @param seconds from the start to the result
 * @param rows rows computed
 * @param batches runs of the engine
 * @param computeSeconds within the engine, summed over tasks
 * @param copySeconds spent copying arguments in and results out, summed over tasks
 * @param processorSeconds processor time of the tasks' threads
 */
record QueryTimes(double seconds, long rows, long batches, double computeSeconds, double copySeconds, double processorSeconds) {

    private static final double NANOS = 1e9;

    /** Runs a query with one model call to its end. */
    static QueryTimes run(Dataset<Row> query) {
        SparkContext context = query.sparkSession().sparkContext();
        LongAdder processorTime = new LongAdder();
        SparkListener listener = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd task) {
                processorTime.add(task.taskMetrics().executorCpuTime());
            }
        };
        context.addSparkListener(listener);
        long start = System.nanoTime();
        query.collectAsList();
        double seconds = (System.nanoTime() - start) / NANOS;
        try {
            context.listenerBus().waitUntilEmpty();
        } catch (TimeoutException e) {
            throw new IllegalStateException(e);
        }
        context.removeSparkListener(listener);
        ModelInferenceExec operator = find(((org.apache.spark.sql.classic.Dataset<Row>) query).queryExecution().executedPlan());
        if (operator == null) {
            throw new IllegalStateException("the query calls no model");
        }
        return new QueryTimes(seconds, value(operator, "rows"), value(operator, "batches"), value(operator, "computeTime") / NANOS,
                value(operator, "copyTime") / NANOS, processorTime.sum() / NANOS);
    }

    private static long value(ModelInferenceExec operator, String metric) {
        return operator.metrics().apply(metric).value();
    }

    private static ModelInferenceExec find(SparkPlan plan) {
        if (plan instanceof ModelInferenceExec operator) {
            return operator;
        }
        return Scala.list(plan.children()).stream().map(QueryTimes::find).filter(found -> found != null).findFirst().orElse(null);
    }

    double rowsPerSecond() {
        return rows / seconds;
    }
}
