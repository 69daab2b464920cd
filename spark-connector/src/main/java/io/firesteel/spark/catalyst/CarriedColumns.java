package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.AttributeSet$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;

/** Narrows what each {@link ModelInference} carries to what the operators above read, so that arguments are not copied. */
final class CarriedColumns {

    private CarriedColumns() { }

    static LogicalPlan prune(LogicalPlan plan) {
        return prune(plan, plan.outputSet());
    }

    private static LogicalPlan prune(LogicalPlan plan, AttributeSet required) {
        if (plan instanceof ModelInference inference) {
            List<Attribute> carried = Scala.list(inference.carried()).stream().filter(required::contains).toList();
            AttributeSet below = AttributeSet$.MODULE$.apply(Scala.<Expression>seq(carried))
                    .$plus$plus(inference.call().references());
            return new ModelInference(inference.call(), inference.result(), Scala.seq(carried),
                    prune(inference.child(), below));
        }
        if (plan instanceof Project || plan instanceof Aggregate) {
            return plan.mapChildren(child -> prune(child, plan.references()));
        }
        if (plan instanceof Filter || plan instanceof Sort || plan instanceof Join) {
            return plan.mapChildren(child -> prune(child, required.$plus$plus(plan.references())));
        }
        return plan.mapChildren(child -> prune(child, child.outputSet()));
    }
}
