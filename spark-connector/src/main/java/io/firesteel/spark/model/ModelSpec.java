package io.firesteel.spark.model;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanHeader;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.Dim;
import java.io.Serializable;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * One version of a model as a query carries it: where its plan lies, which bytes it must have, and what it takes and gives.
 *
 * @param name the name SQL calls it by, without the catalog
 * @param uri where the plan file lies, on any Hadoop file system
 * @param hash the plan's identity; a file with another one is refused
 * @param precision the lowest precision the plan permits, for example {@code fp32}
 * @param inputs what it takes, one row's share
 * @param outputs what it computes, one row's share
 * @param labels names of the classes, which queries see in the place of their indices; empty for none
 */
public record ModelSpec(String name, String uri, String hash, String precision, List<TensorSpec> inputs,
        List<TensorSpec> outputs, List<String> labels) implements Serializable {

    private static final int SHORT_HASH = 12;

    public ModelSpec {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        labels = List.copyOf(labels);
    }

    /**
     * The version that a plan file's header describes. Rows are counted by the batch symbol; in a model of fixed size by the
     * first dimension that all inputs and outputs share, and where they share none, the whole is one row.
     *
     * @throws FiresteelException where SQL cannot call the model: an input or output has no batch, or an unknown size
     */
    public static ModelSpec of(String name, String uri, PlanHeader header) {
        Signature signature = header.signature();
        Dim batch = signature.batchSymbol().map(Dim::symbol).orElseGet(() -> fixedBatch(signature));
        return new ModelSpec(name, uri, header.hash(), header.precision().label(), specs(signature.inputs(), batch),
                specs(signature.outputs(), batch), header.labels());
    }

    /**
     * What SQL will know of a plan that is not stored yet.
     *
     * @throws FiresteelException where SQL cannot call the model
     */
    public static ModelSpec of(String name, Plan plan) {
        return of(name, "", new PlanHeader(plan.name(), "", plan.signature(), plan.precision(), plan.provenance(), plan.labels(), 0));
    }

    private static Dim fixedBatch(Signature signature) {
        List<Dim> first = Stream.concat(signature.inputs().stream(), signature.outputs().stream())
                .map(port -> port.tensor().shape())
                .map(shape -> shape == null || shape.rank() == 0 ? null : shape.dim(0))
                .distinct().collect(Collectors.toList());
        return first.size() == 1 ? first.get(0) : null;
    }

    private static List<TensorSpec> specs(List<Signature.Port> ports, Dim batch) {
        return ports.stream().map(port -> TensorSpec.of(port.name(), port.tensor(), batch)).toList();
    }

    /**
     * The type a call has: a value or array for one output, a struct of them for several. Indices of classes are given as the
     * classes' names where the plan has them.
     */
    public DataType resultType() {
        return type(this::resultType);
    }

    /** The type of one output's part of a call's result. */
    public DataType resultType(TensorSpec output) {
        if (!isLabelled(output)) {
            return SparkTypes.result(output);
        }
        return output.isScalar() ? DataTypes.StringType : DataTypes.createArrayType(DataTypes.StringType, false);
    }

    /** The type of what is computed, before class indices become names. */
    public DataType computedType() {
        return type(SparkTypes::result);
    }

    private DataType type(Function<TensorSpec, DataType> part) {
        if (outputs.size() == 1) {
            return part.apply(outputs.get(0));
        }
        return new StructType(outputs.stream().map(output -> new StructField(output.name(), part.apply(output), true, Metadata.empty()))
                .toArray(StructField[]::new));
    }

    /** Whether any output holds indices of classes whose names are known. */
    public boolean isLabelled() {
        return outputs.stream().anyMatch(this::isLabelled);
    }

    /** Whether an output holds indices of classes whose names are known. */
    public boolean isLabelled(TensorSpec output) {
        boolean index = output.name().endsWith("_index") && output.isScalar()
                || output.name().endsWith("_indices") && output.sizes().size() == 1;
        return !labels.isEmpty() && index && output.type() == io.firesteel.tensor.DataType.INT64;
    }

    /** The first characters of the hash, for people. */
    public String shortHash() {
        return hash.substring(0, Math.min(SHORT_HASH, hash.length()));
    }

    /** For example {@code (pixels: fp32[64]) -> (logits: fp32[10])}. */
    public String signature() {
        return text(inputs) + " -> " + text(outputs);
    }

    private static String text(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
