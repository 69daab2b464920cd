package io.firesteel.plan;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a plan takes and gives, by name and in order.
 *
 * @param inputs what it takes
 * @param outputs what it gives
 */
public record Signature(List<Port> inputs, List<Port> outputs) {

    /**
     * One named input or output.
     *
     * @param name the name the model's author gave it
     * @param type its type; a tensor with the batch first for everything SQL can call
     */
    public record Port(String name, ValueType type) {

        // Written out, as a record's own are linked with a dozen classes made when they are first used.
        @Override
        public boolean equals(Object other) {
            return other instanceof Port that && name.equals(that.name) && type.equals(that.type);
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + type.hashCode();
        }

        /** The type as a tensor; fails for sequences and optionals, which only models outside SQL have. */
        public TensorType tensor() {
            if (type instanceof TensorType tensor) {
                return tensor;
            }
            throw new IllegalStateException("'" + name + "' is " + type + ", not a tensor");
        }

        @Override
        public String toString() {
            return name + ": " + type;
        }
    }

    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        requireNames("input", inputs);
        requireNames("output", outputs);
    }

    // Written out, as a record's own are linked with a dozen classes made when they are first used.
    @Override
    public boolean equals(Object other) {
        return other instanceof Signature that && inputs.equals(that.inputs) && outputs.equals(that.outputs);
    }

    @Override
    public int hashCode() {
        return 31 * inputs.hashCode() + outputs.hashCode();
    }

    private static void requireNames(String kind, List<Port> ports) {
        Set<String> names = new HashSet<>();
        for (Port port : ports) {
            if (port.name().isEmpty() || !names.add(port.name())) {
                throw FiresteelException.user("MODEL_INVALID", port.name().isEmpty() ? "an " + kind + " of the model has no name"
                        : "two " + kind + "s of the model are called '" + port.name() + "'");
            }
        }
    }

    /**
     * The signature of a graph.
     *
     * @throws FiresteelException if two inputs or two outputs have one name
     */
    public static Signature of(Graph graph) {
        return new Signature(graph.inputs().stream().map(i -> new Port(i, graph.type(i))).toList(),
                graph.outputs().stream().map(o -> new Port(o.name(), graph.type(o.value()))).toList());
    }

    /**
     * The symbol of the batch dimension: the first dimension of the first input that has a symbolic one. Empty for a model
     * of fixed size.
     */
    public Optional<String> batchSymbol() {
        return inputs.stream().map(Port::type)
                .filter(t -> t instanceof TensorType tensor && tensor.hasRank() && tensor.shape().rank() > 0)
                .map(t -> ((TensorType) t).shape().dim(0))
                .filter(d -> !d.isConstant())
                .map(Dim::symbol)
                .findFirst();
    }

    @Override
    public String toString() {
        return inputs.stream().map(Port::toString).collect(Collectors.joining(", ", "(", ")")) + " -> "
                + outputs.stream().map(Port::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
