package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import scala.runtime.AbstractPartialFunction;

/**
 * Splits an aggregation whose result expressions call a model on what it computes:
 *
 * <pre>
 * Aggregate [k], [k, f(collect_list(x)), sum(g(x))]
 *     ==&gt;  Project [k, f(a0), s]
 *          +- Aggregate [k], [k, collect_list(x) AS a0, sum(g(x)) AS s]
 * </pre>
 *
 * <p>Calls in grouping expressions and within aggregate functions stay, to be lifted below.
 */
final class AggregateCalls {

    private final Set<Expression> grouping;
    private final Map<Expression, NamedExpression> inputs = new LinkedHashMap<>();

    private AggregateCalls(Aggregate aggregate) {
        this.grouping = Scala.list(aggregate.groupingExpressions()).stream().map(Expression::canonicalized)
                .collect(Collectors.toSet());
    }

    /** The split plan, or empty where no call depends on what is aggregated. */
    static Optional<LogicalPlan> splitAbove(Aggregate aggregate) {
        AggregateCalls calls = new AggregateCalls(aggregate);
        List<NamedExpression> results = Scala.list(aggregate.aggregateExpressions());
        if (results.stream().noneMatch(result -> calls.dependsOnAggregation((Expression) result))) {
            return Optional.empty();
        }
        List<NamedExpression> above = new ArrayList<>();
        List<NamedExpression> within = new ArrayList<>();
        for (NamedExpression result : results) {
            if (calls.dependsOnAggregation((Expression) result)) {
                above.add((NamedExpression) calls.cut((Expression) result));
            } else {
                within.add(result);
                above.add(result.toAttribute());
            }
        }
        for (NamedExpression input : calls.inputs.values()) {
            if (within.stream().noneMatch(column -> column.exprId().equals(input.exprId()))) {
                within.add(input);
            }
        }
        return Optional.of(new Project(Scala.seq(above), new Aggregate(aggregate.groupingExpressions(), Scala.seq(within),
                aggregate.child(), aggregate.hint())));
    }

    private boolean isInput(Expression expression) {
        return expression instanceof AggregateExpression || grouping.contains(expression.canonicalized());
    }

    private boolean dependsOnAggregation(Expression expression) {
        if (isInput(expression)) {
            return false;
        }
        return expression instanceof ModelCall
                || Scala.list(expression.children()).stream().anyMatch(this::dependsOnAggregation);
    }

    private Expression cut(Expression expression) {
        return expression.transformDown(new AbstractPartialFunction<>() {
            @Override
            public boolean isDefinedAt(Expression candidate) {
                return isInput(candidate);
            }

            @Override
            public Expression apply(Expression candidate) {
                if (candidate instanceof Attribute attribute) {
                    inputs.putIfAbsent(attribute.canonicalized(), attribute);
                    return attribute;
                }
                return inputs.computeIfAbsent(candidate.canonicalized(),
                        key -> CallLifter.alias(candidate, "aggregated" + inputs.size())).toAttribute();
            }
        });
    }
}
