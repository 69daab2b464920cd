package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * A call of a model within an expression. It is never evaluated: {@link LiftModelCalls} moves it into a
 * {@link ModelInference}, whose result takes its place. The result is null where any argument is.
 */
public final class ModelCall extends Expression implements Unevaluable, Serializable, NodeFields {

    private final ModelSpec model;
    private final ArgumentBinding binding;
    private final Seq<Expression> arguments;

    /** Tree nodes are copied by reflection: the parameters are the product's elements, in order. */
    public ModelCall(ModelSpec model, ArgumentBinding binding, Seq<Expression> arguments) {
        this.model = model;
        this.binding = binding;
        this.arguments = arguments;
    }

    /** The model called. */
    public ModelSpec model() {
        return model;
    }

    /** How the arguments bind. */
    public ArgumentBinding binding() {
        return binding;
    }

    @Override
    public Seq<Expression> children() {
        return arguments;
    }

    @Override
    public Expression withNewChildrenInternal(IndexedSeq<Expression> newChildren) {
        return new ModelCall(model, binding, newChildren.toSeq());
    }

    @Override
    public DataType dataType() {
        return model.computedType();
    }

    @Override
    public boolean nullable() {
        return true;
    }

    @Override
    public boolean foldable() {
        return false;
    }

    @Override
    public Object eval(InternalRow input) {
        return Unevaluable.super.eval(input);
    }

    @Override
    public InternalRow eval$default$1() {
        return Unevaluable.super.eval$default$1();
    }

    @Override
    public ExprCode doGenCode(CodegenContext context, ExprCode code) {
        return Unevaluable.super.doGenCode(context, code);
    }

    @Override
    public String prettyName() {
        return model.name();
    }

    @Override
    public String toString() {
        return Scala.list(arguments).stream().map(Expression::toString).collect(Collectors.joining(", ", model.name() + "(", ")"));
    }

    @Override
    public String sql() {
        return Scala.list(arguments).stream().map(Expression::sql).collect(Collectors.joining(", ", model.name() + "(", ")"));
    }

    @Override
    public List<Object> fields() {
        return List.of(model, binding, arguments);
    }

    @Override
    public boolean equals(Object other) {
        return hasFieldsOf(other);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }
}
