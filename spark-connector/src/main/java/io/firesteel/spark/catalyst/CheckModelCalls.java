package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.LambdaFunction;
import org.apache.spark.sql.catalyst.expressions.NamedLambdaVariable;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.Option;
import scala.collection.immutable.Map$;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/** Refuses, when a query is analysed, the model calls that no {@link ModelInference} can compute. */
public final class CheckModelCalls extends AbstractFunction1<LogicalPlan, BoxedUnit> {

    @Override
    public BoxedUnit apply(LogicalPlan plan) {
        plan.foreach(node -> {
            Scala.list(node.expressions()).forEach(CheckModelCalls::check);
            return BoxedUnit.UNIT;
        });
        return BoxedUnit.UNIT;
    }

    private static void check(Expression expression) {
        expression.foreach(candidate -> {
            if (candidate instanceof LambdaFunction lambda) {
                lambda.foreach(inner -> {
                    if (inner instanceof ModelCall call && call.exists(e -> e instanceof NamedLambdaVariable)) {
                        throw Unchecked.raise(error("model '" + call.model().name() + "' is called on a lambda's variable ("
                                + call.sql() + "), where it cannot compute in batches; explode the array, call the model on"
                                + " the rows and collect the results"));
                    }
                    return BoxedUnit.UNIT;
                });
            }
            return BoxedUnit.UNIT;
        });
    }

    /** An analysis error with a message of ours. */
    static AnalysisException error(String message) {
        return new AnalysisException(message, Option.empty(), Option.empty(), Option.empty(), Option.empty(),
                Map$.MODULE$.empty(), new org.apache.spark.QueryContext[0]);
    }
}
