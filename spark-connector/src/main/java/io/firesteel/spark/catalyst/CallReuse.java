package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.Cross$;
import org.apache.spark.sql.catalyst.plans.Inner$;
import org.apache.spark.sql.catalyst.plans.JoinType;
import org.apache.spark.sql.catalyst.plans.LeftAnti$;
import org.apache.spark.sql.catalyst.plans.LeftOuter$;
import org.apache.spark.sql.catalyst.plans.LeftSemi$;
import org.apache.spark.sql.catalyst.plans.RightOuter$;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Generate;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.Window;
import scala.runtime.AbstractPartialFunction;

/**
 * Finds a {@link ModelInference} below a plan that already computes a call, and makes its result reach the top: through
 * projections, which gain a column, and through operators that keep their input's rows and columns.
 */
final class CallReuse {

    /**
     * A plan that gives a call's result.
     *
     * @param plan the plan, rewritten to carry the result to its output
     * @param result the column of results
     */
    record Reused(LogicalPlan plan, Attribute result) { }

    private CallReuse() { }

    static Optional<Reused> find(LogicalPlan plan, ModelCall call) {
        if (plan instanceof ModelInference inference) {
            return findIn(inference, call);
        }
        if (plan instanceof Project project) {
            return findIn(project, call);
        }
        if (plan instanceof Join join) {
            return findIn(join, call);
        }
        if ((plan instanceof Filter || plan instanceof Sort || plan instanceof LocalLimit || plan instanceof GlobalLimit
                || plan instanceof Window || plan instanceof Generate) && computable(call, child(plan))) {
            return find(child(plan), call).map(found -> new Reused(plan.withNewChildren(Scala.seq(List.of(found.plan()))),
                    found.result()));
        }
        return Optional.empty();
    }

    private static LogicalPlan child(LogicalPlan plan) {
        return plan.children().head();
    }

    private static boolean computable(Expression call, LogicalPlan plan) {
        return call.references().subsetOf(plan.outputSet());
    }

    private static Optional<Reused> findIn(ModelInference inference, ModelCall call) {
        Expression computed = inference.child() instanceof Project project ? inlined(inference.call(), project)
                : inference.call();
        if (computed.semanticEquals(call) || inference.call().semanticEquals(call)) {
            return Optional.of(new Reused(inference, inference.result()));
        }
        if (!computable(call, inference.child())) {
            return Optional.empty();
        }
        return find(inference.child(), call).map(found -> {
            List<Attribute> carried = new ArrayList<>(Scala.list(inference.carried()));
            if (carried.stream().noneMatch(a -> a.exprId().equals(found.result().exprId()))) {
                carried.add(found.result());
            }
            return new Reused(new ModelInference(inference.call(), inference.result(), Scala.seq(carried), found.plan()),
                    found.result());
        });
    }

    private static Optional<Reused> findIn(Project project, ModelCall call) {
        ModelCall below = (ModelCall) inlined(call, project);
        if (!below.deterministic() || !computable(below, project.child())) {
            return Optional.empty();
        }
        return find(project.child(), below).map(found -> {
            List<NamedExpression> columns = new ArrayList<>(Scala.list(project.projectList()));
            if (columns.stream().noneMatch(c -> c.exprId().equals(found.result().exprId()))) {
                columns.add(found.result());
            }
            return new Reused(new Project(Scala.seq(columns), found.plan()), found.result());
        });
    }

    private static Optional<Reused> findIn(Join join, ModelCall call) {
        JoinType type = join.joinType();
        boolean inner = type instanceof Inner$ || type instanceof Cross$;
        boolean keepsLeft = inner || type instanceof LeftOuter$ || type instanceof LeftSemi$ || type instanceof LeftAnti$;
        if (keepsLeft && computable(call, join.left())) {
            return find(join.left(), call).map(found -> new Reused(
                    join.withNewChildren(Scala.seq(List.of(found.plan(), join.right()))), found.result()));
        }
        if ((inner || type instanceof RightOuter$) && computable(call, join.right())) {
            return find(join.right(), call).map(found -> new Reused(
                    join.withNewChildren(Scala.seq(List.of(join.left(), found.plan()))), found.result()));
        }
        return Optional.empty();
    }

    /** The expression with the columns that a projection computes replaced by what it computes them from. */
    private static Expression inlined(Expression expression, Project project) {
        return expression.transformUp(new AbstractPartialFunction<>() {
            @Override
            public boolean isDefinedAt(Expression candidate) {
                return candidate instanceof Attribute attribute && definition(attribute).isPresent();
            }

            @Override
            public Expression apply(Expression attribute) {
                return definition((Attribute) attribute).orElseThrow();
            }

            private Optional<Expression> definition(Attribute attribute) {
                return Scala.list(project.projectList()).stream()
                        .filter(column -> column instanceof Alias && column.exprId().equals(attribute.exprId()))
                        .map(column -> ((Alias) column).child())
                        .findFirst();
            }
        });
    }
}
