package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/**
 * Plans {@link ModelInference}. Calls that Spark's own rules moved after {@link LiftModelCalls} ran, such as the condition of a
 * correlated EXISTS, are lifted here.
 */
public final class ModelStrategy extends SparkStrategy {

    @Override
    public Seq<SparkPlan> apply(LogicalPlan plan) {
        if (plan instanceof ModelInference inference) {
            return Scala.seq(List.of(new ModelInferenceExec(inference.call(), inference.result(), inference.carried(),
                    planLater(inference.child()))));
        }
        if (!Calls.in(plan)) {
            return Scala.seq(List.of());
        }
        LogicalPlan lifted = LiftModelCalls.liftNode(plan);
        if (Calls.in(lifted)) {
            String calls = LiftModelCalls.remaining(lifted).values().stream().map(ModelCall::sql)
                    .collect(Collectors.joining(", "));
            throw Unchecked.raise(CheckModelCalls.error("the model call " + calls + " cannot be moved out of "
                    + plan.nodeName() + ", for example because it reads both sides of an outer join; call the model in a"
                    + " subquery on one side first"));
        }
        return Scala.seq(List.of(planLater(lifted)));
    }
}
