package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.quant.LayerForms.Form;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which layers of a graph read bytes: the largest set that agrees with itself.
 *
 * <p>A product reads bytes wherever the range of its data is known. A residual, pooling and pointwise operators do where that
 * saves numbers: what they read is made in int8, and no layer needs the real numbers. Data movement does where all that read
 * its result do.
 */
final class Assignment {

    private final Graph graph;
    private final LayerForms forms;
    private final ScaleGroups scales;
    private final Map<Node, Form> form = new HashMap<>();
    private final Set<Node> int8 = new HashSet<>();
    private final Map<Node, String> reasons = new HashMap<>();

    Assignment(Graph graph, LayerForms forms, ScaleGroups scales, Set<String> kept) {
        this.graph = graph;
        this.forms = forms;
        this.scales = scales;
        for (Node node : graph.nodes()) {
            form.put(node, forms.of(node));
            Optional<String> refusal = kept.contains(node.name()) ? Optional.of("asked for") : refusal(node);
            refusal.ifPresentOrElse(reason -> reasons.put(node, reason), () -> int8.add(node));
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Node node : graph.nodes()) {
                Optional<String> disagreement = int8.contains(node) ? disagreement(node) : Optional.empty();
                if (disagreement.isPresent()) {
                    int8.remove(node);
                    reasons.put(node, disagreement.get());
                    changed = true;
                }
            }
        }
    }

    private Optional<String> refusal(Node node) {
        return switch (form.get(node)) {
            case REAL -> Optional.of(node.operator() instanceof EpilogueOperator
                    ? "no integer form: " + forms.productRefusal(node).orElse("") : "no integer form");
            case PRODUCT -> missing(forms.factors(node));
            case POOLING -> missing(node.inputs());
            case MOVEMENT -> missing(node.inputs()).or(() -> missing(node.outputs()));
            case POINTWISE -> missing(node.inputs()).or(() -> missing(node.outputs()));
        };
    }

    private Optional<String> missing(List<String> values) {
        return values.stream().filter(v -> forms.isActivation(v) && scales.scale(v).isEmpty()).findFirst()
                .map(v -> "no threshold of '" + v + "'");
    }

    private Optional<String> disagreement(Node node) {
        return switch (form.get(node)) {
            case REAL, PRODUCT -> Optional.empty();
            case POOLING -> readable(node.inputs());
            case POINTWISE -> readable(node.inputs()).or(() -> wanted(node.outputs()));
            case MOVEMENT -> wanted(node.outputs());
        };
    }

    private Optional<String> readable(List<String> values) {
        return values.stream().filter(v -> forms.isActivation(v) && !isSpareable(v)).findFirst()
                .map(v -> "'" + v + "' is there in real numbers");
    }

    private Optional<String> wanted(List<String> values) {
        return values.stream().filter(v -> !v.isEmpty() && (isNeededReal(v) || !isWanted(v))).findFirst()
                .map(v -> "'" + v + "' is needed in real numbers");
    }

    /** Whether the real numbers of a value need not exist: made in int8, and read by what can take bytes. */
    private boolean isSpareable(String value) {
        return isMadeInInt8(value) && !isNeededReal(value) && scales.scale(value).isPresent();
    }

    private boolean isMadeInInt8(String value) {
        Node node = graph.producer(value).orElse(null);
        return node != null && int8.contains(node) && (form.get(node) != Form.MOVEMENT
                || node.inputs().stream().filter(forms::isActivation).allMatch(this::isMadeInInt8));
    }

    private boolean isNeededReal(String value) {
        return graph.isOutput(value) || graph.consumers(value).stream().anyMatch(reader -> {
            if (!int8.contains(reader)) {
                return true;
            }
            for (int i = 0; i < reader.inputs().size(); i++) {
                if (reader.input(i).equals(value) && !canRead(reader, i)) {
                    return true;
                }
            }
            return false;
        });
    }

    private boolean canRead(Node reader, int input) {
        return form.get(reader) != Form.PRODUCT || input < 2 || forms.isResidual(reader, input);
    }

    private boolean isWanted(String value) {
        return graph.consumers(value).stream().anyMatch(reader -> int8.contains(reader)
                && (isFactor(reader, value) || form.get(reader) == Form.MOVEMENT || isMadeInInt8(value)));
    }

    private boolean isFactor(Node reader, String value) {
        return form.get(reader) == Form.PRODUCT && forms.factors(reader).contains(value);
    }

    /** Whether a node reads and makes bytes. */
    boolean isInt8(Node node) {
        return int8.contains(node);
    }

    /** Whether a node is a layer, not data movement, that reads bytes. */
    boolean isInt8Layer(Node node) {
        return int8.contains(node) && form.get(node) != Form.MOVEMENT;
    }

    /** Why a node computes on real numbers. */
    String reason(Node node) {
        return reasons.getOrDefault(node, "");
    }

    /** Whether a node reads an input as bytes. */
    boolean readsBytes(Node node, int input) {
        String value = node.input(input);
        if (!int8.contains(node) || !forms.isActivation(value)) {
            return false;
        }
        return switch (form.get(node)) {
            case REAL -> false;
            case MOVEMENT, POOLING, POINTWISE -> true;
            case PRODUCT -> input < 2 || forms.isResidual(node, input) && isSpareable(value);
        };
    }
}
