package io.firesteel.spark.catalyst;

import io.firesteel.spark.columnar.BatchInference;
import io.firesteel.spark.columnar.InferenceTask;
import io.firesteel.spark.columnar.RowInference;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.interop.Scala;
import io.firesteel.spark.metrics.InferenceMetrics;
import io.firesteel.spark.model.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection$;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.UnaryExecNode;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.util.SerializableConfiguration;
import scala.Function1;
import scala.Option;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * Runs a model over its child's rows, in batches, and appends the result. Columnar input gives columnar output; row input,
 * row output. The order of the rows is kept.
 */
public final class ModelInferenceExec extends SparkPlan implements UnaryExecNode, NodeFields {

    private final ModelCall call;
    private final Attribute result;
    private final Seq<Attribute> carried;
    private final SparkPlan child;
    private transient InferenceMetrics metrics;

    /**
     * @param call what is computed; every argument is a column of {@code child}
     * @param result the column of results
     * @param carried the columns of {@code child} that pass through
     * @param child the input
     */
    public ModelInferenceExec(ModelCall call, Attribute result, Seq<Attribute> carried, SparkPlan child) {
        this.call = call;
        this.result = result;
        this.carried = carried;
        this.child = child;
    }

    @Override
    public SparkPlan child() {
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
    public Partitioning outputPartitioning() {
        return child.outputPartitioning();
    }

    @Override
    public Seq<SortOrder> outputOrdering() {
        return child.outputOrdering();
    }

    @Override
    public boolean supportsColumnar() {
        return child.supportsColumnar();
    }

    private synchronized InferenceMetrics inferenceMetrics() {
        if (metrics == null) {
            metrics = InferenceMetrics.create(sparkContext());
        }
        return metrics;
    }

    @Override
    public scala.collection.immutable.Map<String, SQLMetric> metrics() {
        return inferenceMetrics().asMap();
    }

    @Override
    public RDD<InternalRow> doExecute() {
        InferenceTask task = task();
        Seq<Expression> kept = Scala.seq(Scala.list(carried));
        Seq<Attribute> input = child.output();
        Seq<Expression> all = Scala.seq(Scala.list(output()));
        Seq<Attribute> output = output();
        return child.execute().toJavaRDD().mapPartitions(rows -> {
            UnsafeProjection carry = UnsafeProjection$.MODULE$.create(kept, input);
            UnsafeProjection join = UnsafeProjection$.MODULE$.create(all, output);
            return new RowInference(rows, task, carry, join, TaskContext.get());
        }, true).rdd();
    }

    @Override
    public RDD<ColumnarBatch> doExecuteColumnar() {
        InferenceTask task = task();
        return child.executeColumnar().toJavaRDD()
                .mapPartitions(batches -> (java.util.Iterator<ColumnarBatch>) new BatchInference(batches, task, TaskContext.get()),
                        true)
                .rdd();
    }

    private FiresteelConf settings() {
        return FiresteelConf.from(key -> conf().getConfString(key, null));
    }

    private InferenceTask task() {
        List<Attribute> input = Scala.list(child.output());
        List<Expression> arguments = Scala.list(call.children());
        return new InferenceTask(call.model(), call.binding(), arguments.stream().map(a -> ((Attribute) a).name()).toList(),
                arguments.stream().mapToInt(a -> ordinal(input, (Attribute) a)).toArray(),
                Scala.list(carried).stream().mapToInt(a -> ordinal(input, a)).toArray(),
                new StructType(Scala.list(carried).stream()
                        .map(a -> new StructField(a.name(), a.dataType(), a.nullable(), a.metadata()))
                        .toArray(StructField[]::new)),
                settings(), SerializableConfiguration.broadcast(sparkContext(), session().sessionState().newHadoopConf()),
                inferenceMetrics());
    }

    private static int ordinal(List<Attribute> input, Attribute attribute) {
        for (int i = 0; i < input.size(); i++) {
            if (input.get(i).exprId().equals(attribute.exprId())) {
                return i;
            }
        }
        throw new IllegalStateException(attribute + " is not among " + input);
    }

    @Override
    public String nodeName() {
        return "ModelInference";
    }

    @Override
    public String simpleString(int maxFields) {
        return nodeName() + " " + call + " AS " + result + " " + description();
    }

    private String description() {
        ModelSpec model = call.model();
        FiresteelConf conf = settings();
        return "[model: " + model.name() + ", hash: " + model.shortHash() + ", device: " + conf.device() + ", precision: "
                + (conf.precision().equals("plan") ? model.precision() : conf.precision()) + ", batch: " + InferenceTask.batchRows(model, conf) + "]";
    }

    @Override
    public String verboseStringWithOperatorId() {
        return UnaryExecNode.super.verboseStringWithOperatorId() + "Arguments : " + call + " AS " + result + "\nModel : "
                + description() + "\n";
    }

    @Override
    public Seq<SparkPlan> children() {
        return UnaryExecNode.super.children();
    }

    @Override
    public SparkPlan mapChildren(Function1<SparkPlan, SparkPlan> function) {
        return UnaryExecNode.super.mapChildren(function);
    }

    @Override
    public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> newChildren) {
        return UnaryExecNode.super.withNewChildrenInternal(newChildren);
    }

    @Override
    public SparkPlan withNewChildInternal(SparkPlan newChild) {
        return new ModelInferenceExec(call, result, carried, newChild);
    }

    @Override
    public Option<Seq<String>> vectorTypes() {
        return Option.empty();
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
