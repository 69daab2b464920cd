package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.ApplyFunctionExpression;
import org.apache.spark.sql.catalyst.expressions.Cast$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.catalyst.util.package$;
import org.apache.spark.sql.types.DataType;
import scala.PartialFunction;
import scala.runtime.AbstractPartialFunction;

/**
 * Replaces Spark's wrapper of a {@link ModelFunction} by a {@link ModelCall} as soon as it appears, before anything can
 * evaluate it row by row, and gives the columns that Spark named after the wrapper the model's name.
 */
public final class ResolveModelCalls extends Rule<LogicalPlan> {

    private static final String WRAPPER = "applyfunctionexpression(";

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        return plan.resolveExpressions(replacement());
    }

    private static PartialFunction<Expression, Expression> replacement() {
        return new AbstractPartialFunction<>() {
            @Override
            public boolean isDefinedAt(Expression expression) {
                return isWrapper(expression) || expression instanceof Alias alias && alias.child().exists(e -> isWrapper(e));
            }

            @Override
            public Expression apply(Expression expression) {
                return expression instanceof Alias alias ? mend(alias) : replace((ApplyFunctionExpression) expression);
            }
        };
    }

    private static boolean isWrapper(Expression expression) {
        return expression instanceof ApplyFunctionExpression wrapper && wrapper.function() instanceof ModelFunction
                && wrapper.childrenResolved();
    }

    private static Alias mend(Alias alias) {
        Expression call = alias.child().transformUp(replacement());
        String given = package$.MODULE$.toPrettySQL(alias.child(), false);
        boolean generated = alias.name().equals(given) || alias.name().toLowerCase(Locale.ROOT).contains(WRAPPER);
        String name = generated ? package$.MODULE$.toPrettySQL(call, false) : alias.name();
        return new Alias(call, name, alias.exprId(), alias.qualifier(), alias.explicitMetadata(),
                alias.nonInheritableMetadataKeys());
    }

    private static Expression replace(ApplyFunctionExpression wrapper) {
        ModelFunction function = (ModelFunction) wrapper.function();
        List<DataType> types = function.binding().types();
        List<Expression> arguments = new ArrayList<>();
        for (Expression argument : Scala.list(wrapper.children())) {
            DataType type = types.get(arguments.size());
            arguments.add(argument.dataType().sameType(type) ? argument
                    : Cast$.MODULE$.apply(argument, type, true));
        }
        ModelCall call = new ModelCall(function.model(), function.binding(), Scala.seq(arguments));
        return function.model().isLabelled() ? new ClassNames(function.model(), call) : call;
    }
}
