package io.firesteel.spark.testing;

import io.firesteel.spark.catalyst.ModelInferenceExec;
import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.execution.ExecSubqueryExpression;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanExec;
import org.apache.spark.sql.execution.adaptive.QueryStageExec;
import org.apache.spark.sql.execution.columnar.InMemoryTableScanExec;
import org.apache.spark.sql.execution.exchange.ReusedExchangeExec;

/** The ModelInference operators that ran for a data frame. */
public final class Evaluations {

    private Evaluations() { }

    /** The operators of the plan that ran, those of subqueries and reused parts once. */
    public static List<ModelInferenceExec> of(Dataset<Row> frame) {
        List<ModelInferenceExec> found = new ArrayList<>();
        collect(((org.apache.spark.sql.classic.Dataset<Row>) frame).queryExecution().executedPlan(), found);
        return found;
    }

    private static void collect(SparkPlan plan, List<ModelInferenceExec> found) {
        if (plan instanceof AdaptiveSparkPlanExec adaptive) {
            collect(adaptive.executedPlan(), found);
        } else if (plan instanceof QueryStageExec stage) {
            collect(stage.plan(), found);
        } else if (plan instanceof ReusedExchangeExec reused) {
            collect(reused.child(), found);
        } else if (!(plan instanceof InMemoryTableScanExec)) {
            if (plan instanceof ModelInferenceExec inference && found.stream().noneMatch(known -> known == inference)) {
                found.add(inference);
            }
            Scala.list(plan.expressions()).forEach(expression -> subqueries(expression, found));
            Scala.list(plan.children()).forEach(child -> collect(child, found));
        }
    }

    private static void subqueries(Expression expression, List<ModelInferenceExec> found) {
        expression.foreach(e -> {
            if (e instanceof ExecSubqueryExpression subquery) {
                collect(subquery.plan(), found);
            }
            return null;
        });
    }

    /** The sum of a metric over the operators that ran. */
    public static long sum(Dataset<Row> frame, String metric) {
        return of(frame).stream().mapToLong(inference -> inference.metrics().apply(metric).value()).sum();
    }
}
