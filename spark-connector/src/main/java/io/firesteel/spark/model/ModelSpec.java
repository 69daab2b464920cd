package io.firesteel.spark.model;

import io.firesteel.FiresteelException;
import io.firesteel.plan.PlanHeader;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.Dim;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataType;
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
 * @param outputs what it gives, one row's share
 */
public record ModelSpec(String name, String uri, String hash, String precision, List<TensorSpec> inputs,
        List<TensorSpec> outputs) implements Serializable {

    private static final int SHORT_HASH = 12;

    public ModelSpec {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
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
                specs(signature.outputs(), batch));
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

    /** The type a call has: a value or array for one output, a struct of them for several. */
    public DataType resultType() {
        if (outputs.size() == 1) {
            return SparkTypes.result(outputs.get(0));
        }
        return new StructType(outputs.stream()
                .map(output -> new StructField(output.name(), SparkTypes.result(output), true,
                        org.apache.spark.sql.types.Metadata.empty()))
                .toArray(StructField[]::new));
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
