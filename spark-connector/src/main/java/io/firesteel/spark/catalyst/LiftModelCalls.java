package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.optimizer.ColumnPruning$;
import org.apache.spark.sql.catalyst.plans.Cross$;
import org.apache.spark.sql.catalyst.plans.Inner$;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Option;
import scala.collection.immutable.Seq;

/**
 * Moves model calls out of expressions:
 *
 * <pre>
 * Project [id, digits(pixels)[0]]            Project [id, r[0]]
 * +- Filter (id &lt; 9 AND digits(pixels)[1] &gt; 0)   +- Filter (r[1] &gt; 0)
 *    +- t                             ==&gt;       +- ModelInference digits(pixels) AS r
 *                                                  +- Filter (id &lt; 9)
 *                                                     +- t
 * </pre>
 *
 * <p>Each distinct call is computed once for a row, also where several operators use it. Predicates without calls stay below.
 * A call in a conditional is computed for every row.
 */
public final class LiftModelCalls extends Rule<LogicalPlan> {

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        if (!plan.exists(Calls::in)) {
            return plan;
        }
        return ColumnPruning$.MODULE$.apply(CarriedColumns.prune(lift(plan)));
    }

    private static LogicalPlan lift(LogicalPlan plan) {
        return liftNode(plan.mapChildren(LiftModelCalls::lift));
    }

    /** Lifts the calls of the topmost operator alone; those that cannot be lifted stay. */
    static LogicalPlan liftNode(LogicalPlan plan) {
        if (!Calls.in(plan)) {
            return plan;
        }
        if (plan instanceof Filter filter) {
            return liftFilter(filter);
        }
        if (plan instanceof Join join) {
            return liftJoin(join);
        }
        if (plan instanceof Aggregate aggregate) {
            return AggregateCalls.splitAbove(aggregate)
                    .map(split -> liftNode(split.withNewChildren(Scala.seq(List.of(liftNode(split.children().head()))))))
                    .orElseGet(() -> liftUnary(aggregate));
        }
        return plan.children().size() == 1 ? liftUnary(plan) : plan;
    }

    private static LogicalPlan liftUnary(LogicalPlan plan) {
        CallLifter lifter = new CallLifter(plan.children().head());
        if (!Scala.list(plan.expressions()).stream().flatMap(e -> Calls.distinct(e).values().stream())
                .allMatch(lifter::canCompute)) {
            return plan;
        }
        LogicalPlan rewritten = plan.mapExpressions(lifter::rewrite);
        return trim(rewritten.withNewChildren(Scala.seq(List.of(lifter.input()))), plan.output());
    }

    private static LogicalPlan trim(LogicalPlan plan, Seq<Attribute> output) {
        return plan.output().equals(output) ? plan : new Project(Scala.seq(Scala.list(output)), plan);
    }

    private static LogicalPlan liftFilter(Filter filter) {
        List<Expression> cheap = new ArrayList<>();
        List<Expression> calling = new ArrayList<>();
        for (Expression conjunct : Scala.list(filter.splitConjunctivePredicates(filter.condition()))) {
            (Calls.in(conjunct) || !conjunct.deterministic() ? calling : cheap).add(conjunct);
        }
        LogicalPlan child = cheap.isEmpty() ? filter.child() : new Filter(conjunction(cheap), filter.child());
        CallLifter lifter = new CallLifter(child);
        if (!calling.stream().flatMap(e -> Calls.distinct(e).values().stream()).allMatch(lifter::canCompute)) {
            return filter;
        }
        Expression condition = conjunction(calling.stream().map(lifter::rewrite).toList());
        return trim(new Filter(condition, lifter.input()), filter.output());
    }

    private static LogicalPlan liftJoin(Join join) {
        CallLifter left = new CallLifter(join.left());
        CallLifter right = new CallLifter(join.right());
        List<Expression> within = new ArrayList<>();
        List<Expression> above = new ArrayList<>();
        for (Expression conjunct : Scala.list(join.splitConjunctivePredicates(join.condition().get()))) {
            boolean oneSided = Calls.distinct(conjunct).values().stream()
                    .allMatch(call -> left.canCompute(call) || right.canCompute(call));
            (oneSided ? within : above).add(conjunct);
        }
        boolean inner = join.joinType() instanceof Inner$ || join.joinType() instanceof Cross$;
        if (!above.isEmpty() && !inner) {
            return join;
        }
        List<Expression> rewritten = within.stream().map(conjunct -> Calls.replace(conjunct,
                call -> (left.canCompute(call) ? left : right).result((ModelCall) call))).toList();
        Option<Expression> condition = rewritten.isEmpty() ? Option.empty() : Option.apply(conjunction(rewritten));
        LogicalPlan joined = new Join(left.input(), right.input(), join.joinType(), condition, join.hint());
        LogicalPlan filtered = above.isEmpty() ? joined : liftFilter(new Filter(conjunction(above), joined));
        return trim(filtered, join.output());
    }

    private static Expression conjunction(List<Expression> conjuncts) {
        return conjuncts.stream().reduce(And::new).orElseThrow();
    }

    /** The calls that are left in an operator's expressions. */
    static Map<Expression, ModelCall> remaining(LogicalPlan plan) {
        return Scala.list(plan.expressions()).stream().map(Calls::distinct).filter(calls -> !calls.isEmpty())
                .findFirst().orElse(Map.of());
    }
}
