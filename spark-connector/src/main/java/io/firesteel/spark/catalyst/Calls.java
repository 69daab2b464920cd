package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.runtime.AbstractPartialFunction;

/** Finding and replacing model calls in expressions; the plans of subqueries are not entered. */
final class Calls {

    private Calls() { }

    static boolean in(Expression expression) {
        return expression.exists(e -> e instanceof ModelCall);
    }

    static boolean in(LogicalPlan plan) {
        return !(plan instanceof ModelInference) && Scala.list(plan.expressions()).stream().anyMatch(Calls::in);
    }

    /** Replaces the calls, inner ones first. */
    static Expression replace(Expression expression, UnaryOperator<Expression> replacement) {
        return expression.transformUp(new AbstractPartialFunction<>() {
            @Override
            public boolean isDefinedAt(Expression candidate) {
                return candidate instanceof ModelCall;
            }

            @Override
            public Expression apply(Expression call) {
                return replacement.apply(call);
            }
        });
    }

    /** The distinct calls without calls in their arguments' place, by canonical form. */
    static Map<Expression, ModelCall> distinct(Expression expression) {
        Map<Expression, ModelCall> calls = new LinkedHashMap<>();
        expression.foreach(e -> {
            if (e instanceof ModelCall call) {
                calls.putIfAbsent(call.canonicalized(), call);
            }
            return null;
        });
        return calls;
    }
}
