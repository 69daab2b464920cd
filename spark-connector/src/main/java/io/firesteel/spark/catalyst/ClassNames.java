package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.model.SparkTypes;
import io.firesteel.spark.model.TensorSpec;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.unsafe.types.UTF8String;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/** The result of a model with the names of classes in the place of their indices; the other outputs stay. */
public final class ClassNames extends Expression implements CodegenFallback, Serializable, NodeFields {

    private final ModelSpec model;
    private final Expression child;
    private transient UTF8String[] names;

    /**
     * @param model the model, some of whose outputs hold indices of classes
     * @param child its result
     */
    public ClassNames(ModelSpec model, Expression child) {
        this.model = model;
        this.child = child;
    }

    @Override
    public Seq<Expression> children() {
        return Scala.seq(List.of(child));
    }

    @Override
    public Expression withNewChildrenInternal(IndexedSeq<Expression> newChildren) {
        return new ClassNames(model, newChildren.head());
    }

    @Override
    public boolean nullable() {
        return true;
    }

    @Override
    public DataType dataType() {
        return model.resultType();
    }

    @Override
    public Object eval(InternalRow input) {
        Object result = child.eval(input);
        return result == null ? null : named(result);
    }

    private Object named(Object result) {
        List<TensorSpec> outputs = model.outputs();
        if (outputs.size() == 1) {
            return named(outputs.get(0), result);
        }
        InternalRow row = (InternalRow) result;
        Object[] fields = new Object[outputs.size()];
        for (int i = 0; i < fields.length; i++) {
            DataType computed = SparkTypes.result(outputs.get(i));
            fields[i] = row.isNullAt(i) ? null : named(outputs.get(i), row.get(i, computed));
        }
        return new GenericInternalRow(fields);
    }

    private Object named(TensorSpec output, Object value) {
        if (!model.isLabelled(output)) {
            return value;
        }
        if (output.isScalar()) {
            return name((Long) value);
        }
        ArrayData indices = (ArrayData) value;
        Object[] found = new Object[indices.numElements()];
        for (int i = 0; i < found.length; i++) {
            found[i] = name(indices.getLong(i));
        }
        return new GenericArrayData(found);
    }

    private UTF8String name(long index) {
        if (names == null) {
            names = model.labels().stream().map(UTF8String::fromString).toArray(UTF8String[]::new);
        }
        return names[Math.toIntExact(index)];
    }

    @Override
    public ExprCode doGenCode(CodegenContext context, ExprCode code) {
        return CodegenFallback.super.doGenCode(context, code);
    }

    @Override
    public String sql() {
        return child.sql();
    }

    @Override
    public String toString() {
        return "class_names(" + child + ")";
    }

    @Override
    public List<Object> fields() {
        return List.of(model, child);
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
