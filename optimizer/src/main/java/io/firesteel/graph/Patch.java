package io.firesteel.graph;

import io.firesteel.op.Operator;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A change to a graph: nodes to take out, nodes and constants to put in, values to read instead of others. Patches are applied
 * by {@link GraphRewriter}, which checks that every value a patch keeps or replaces has the type it had.
 */
public final class Patch {

    private final Set<Node> removed;
    private final List<Node> added;
    private final Map<String, Tensor> constants;
    private final Map<String, String> replacements;

    private Patch(Builder builder) {
        removed = Set.copyOf(builder.removed);
        added = List.copyOf(builder.added);
        constants = new LinkedHashMap<>(builder.constants);
        replacements = new LinkedHashMap<>(builder.replacements);
    }

    Set<Node> removed() {
        return removed;
    }

    List<Node> added() {
        return added;
    }

    Map<String, Tensor> constants() {
        return constants;
    }

    Map<String, String> replacements() {
        return replacements;
    }

    /** A patch for {@code graph}. */
    public static Builder on(Graph graph) {
        return new Builder(graph);
    }

    /** Collects the parts of a patch. */
    public static final class Builder {

        private final Graph graph;
        private final Set<Node> removed = new LinkedHashSet<>();
        private final List<Node> added = new ArrayList<>();
        private final Map<String, Tensor> constants = new LinkedHashMap<>();
        private final Map<String, String> replacements = new LinkedHashMap<>();
        private final Set<String> made = new HashSet<>();
        private final Set<String> nodeNames = new HashSet<>();

        private Builder(Graph graph) {
            this.graph = graph;
        }

        /** Takes nodes out. What they make must be made by an added node, be replaced, or be unused. */
        public Builder remove(Node... nodes) {
            removed.addAll(Arrays.asList(nodes));
            return this;
        }

        /** Puts in a constant and returns its value name, which starts with {@code hint}. */
        public String constant(String hint, Tensor tensor) {
            String value = freshValue(hint);
            constants.put(value, tensor);
            return value;
        }

        /**
         * Puts a node in place of the removed ones: it takes the given outputs over.
         *
         * @param operator what it computes
         * @param inputs values of the graph, of this patch, or empty names
         * @param outputs output names of removed nodes, or fresh names
         */
        public Builder put(Operator operator, List<String> inputs, List<String> outputs) {
            String first = outputs.stream().filter(o -> !o.isEmpty()).findFirst().orElse(operator.name());
            String name = removed.stream().filter(n -> n.outputs().contains(first)).map(Node::name).findFirst()
                    .filter(nodeNames::add)
                    .orElseGet(() -> freshNode(first + "/" + operator.name()));
            added.add(new Node(name, operator, inputs, outputs, origins()));
            made.addAll(outputs);
            return this;
        }

        /**
         * Puts a node in place of the removed ones under the name of one of them.
         *
         * @param named the removed node whose name it takes
         */
        public Builder putAs(Node named, Operator operator, List<String> inputs, List<String> outputs) {
            nodeNames.add(named.name());
            added.add(new Node(named.name(), operator, inputs, outputs, origins()));
            made.addAll(outputs);
            return this;
        }

        /** Puts in a node with one fresh output, whose name it returns. */
        public String add(String hint, Operator operator, String... inputs) {
            String value = freshValue(hint);
            added.add(new Node(freshNode(value + "/" + operator.name()), operator, Arrays.asList(inputs), List.of(value), origins()));
            return value;
        }

        private List<String> origins() {
            Set<String> origins = new LinkedHashSet<>();
            removed.forEach(n -> origins.addAll(n.origins()));
            return List.copyOf(origins);
        }

        /** Lets everything that reads {@code value} read {@code other} instead. */
        public Builder replace(String value, String other) {
            replacements.put(value, other);
            return this;
        }

        /** A fresh name, which starts with {@code hint}, for a value that an added node makes. */
        public String value(String hint) {
            return freshValue(hint);
        }

        private String freshValue(String hint) {
            String candidate = hint;
            for (int i = 1; graph.values().contains(candidate) || !made.add(candidate); i++) {
                candidate = hint + "_" + i;
            }
            return candidate;
        }

        private String freshNode(String hint) {
            String candidate = hint;
            for (int i = 1; graph.hasNode(candidate) || !nodeNames.add(candidate); i++) {
                candidate = hint + "_" + i;
            }
            return candidate;
        }

        /** The finished patch. */
        public Patch build() {
            return new Patch(this);
        }
    }
}
