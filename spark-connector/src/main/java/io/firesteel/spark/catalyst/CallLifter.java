package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression$;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.util.package$;
import org.apache.spark.sql.types.Metadata;
import scala.collection.immutable.Nil$;
import scala.collection.immutable.Seq;

/**
 * Stacks a {@link ModelInference} on an input for each distinct call of the expressions it rewrites, or finds the one further
 * down that already computes it.
 */
final class CallLifter {

    private final Map<Expression, Attribute> results = new HashMap<>();
    private LogicalPlan input;

    CallLifter(LogicalPlan input) {
        this.input = input;
    }

    /** The input with what has been lifted on top. */
    LogicalPlan input() {
        return input;
    }

    /** Whether everything the call needs is in the input. */
    boolean canCompute(Expression call) {
        return call.references().subsetOf(input.outputSet());
    }

    /** The expression with each call replaced by the column of its results. */
    Expression rewrite(Expression expression) {
        return Calls.replace(expression, call -> result((ModelCall) call));
    }

    /** The column of a call's results; none of its arguments contains a call. */
    Attribute result(ModelCall call) {
        Attribute known = results.get(call.canonicalized());
        if (known != null) {
            return known;
        }
        Attribute attribute = CallReuse.find(input, call).map(reused -> {
            input = reused.plan();
            return reused.result();
        }).orElseGet(() -> compute(call));
        results.put(call.canonicalized(), attribute);
        return attribute;
    }

    private Attribute compute(ModelCall call) {
        List<NamedExpression> computed = new ArrayList<>();
        List<Expression> arguments = new ArrayList<>();
        for (Expression argument : Scala.list(call.children())) {
            if (argument instanceof Attribute) {
                arguments.add(argument);
            } else {
                Alias alias = alias(argument, package$.MODULE$.toPrettySQL(argument, false));
                computed.add(alias);
                arguments.add(alias.toAttribute());
            }
        }
        if (!computed.isEmpty()) {
            List<NamedExpression> columns = new ArrayList<>(Scala.list(input.output()));
            columns.addAll(computed);
            Seq<Attribute> carried = input.output();
            input = new Project(Scala.seq(columns), input);
            return infer(call, arguments, carried);
        }
        return infer(call, arguments, input.output());
    }

    private Attribute infer(ModelCall call, List<Expression> arguments, Seq<Attribute> carried) {
        Attribute result = new AttributeReference(call.model().name(), call.dataType(), true, Metadata.empty(),
                NamedExpression$.MODULE$.newExprId(), noQualifier());
        input = new ModelInference(new ModelCall(call.model(), call.binding(), Scala.seq(arguments)), result, carried, input);
        return result;
    }

    static Alias alias(Expression expression, String name) {
        return new Alias(expression, name, NamedExpression$.MODULE$.newExprId(), noQualifier(), scala.Option.empty(),
                noQualifier());
    }

    @SuppressWarnings("unchecked")
    private static Seq<String> noQualifier() {
        return (Seq<String>) (Seq<?>) Nil$.MODULE$;
    }
}
