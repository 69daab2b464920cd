package io.firesteel.spark.catalyst;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnaryNode;
import scala.Function1;
import scala.Option;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/** Computes one model call, whose arguments are columns of the child, and appends the result to the columns carried. */
public final class ModelInference extends LogicalPlan implements UnaryNode, NodeFields {

    private final ModelCall call;
    private final Attribute result;
    private final Seq<Attribute> carried;
    private final LogicalPlan child;

    /**
     * @param call what is computed; every argument is a column of {@code child}
     * @param result the column of results
     * @param carried the columns of {@code child} that pass through
     * @param child the input
     */
    public ModelInference(ModelCall call, Attribute result, Seq<Attribute> carried, LogicalPlan child) {
        this.call = call;
        this.result = result;
        this.carried = carried;
        this.child = child;
    }

    /** What is computed. */
    public ModelCall call() {
        return call;
    }

    /** The column of results. */
    public Attribute result() {
        return result;
    }

    /** The child's columns that pass through. */
    public Seq<Attribute> carried() {
        return carried;
    }

    @Override
    public LogicalPlan child() {
        return child;
    }

    @Override
    public Seq<Attribute> output() {
        List<Attribute> output = new ArrayList<>(Scala.list(carried));
        output.add(result);
        return Scala.seq(output);
    }

    @Override
    public AttributeSet producedAttributes() {
        return AttributeSet.apply(result);
    }

    @Override
    public Option<Object> maxRows() {
        return child.maxRows();
    }

    @Override
    public Option<Object> maxRowsPerPartition() {
        return child.maxRowsPerPartition();
    }

    @Override
    public Seq<LogicalPlan> children() {
        return UnaryNode.super.children();
    }

    @Override
    public LogicalPlan mapChildren(Function1<LogicalPlan, LogicalPlan> function) {
        return UnaryNode.super.mapChildren(function);
    }

    @Override
    public LogicalPlan withNewChildrenInternal(IndexedSeq<LogicalPlan> newChildren) {
        return UnaryNode.super.withNewChildrenInternal(newChildren);
    }

    @Override
    public LogicalPlan withNewChildInternal(LogicalPlan newChild) {
        return new ModelInference(call, result, carried, newChild);
    }

    @Override
    public List<Object> fields() {
        return List.of(call, result, carried, child);
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
