package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One scale for all values that data movement and max pooling connect, so that bytes can be moved: the widest of their
 * thresholds.
 */
final class ScaleGroups {

    private static final float LEVELS = 127;

    private final Map<String, String> parents = new HashMap<>();
    private final Map<String, Float> thresholds = new HashMap<>();

    ScaleGroups(Graph graph, LayerForms forms, Map<String, Float> table) {
        for (Node node : graph.nodes()) {
            if (forms.of(node) == LayerForms.Form.MOVEMENT) {
                node.inputs().stream().filter(forms::isActivation).forEach(i -> join(node.input(0), i));
                node.outputs().stream().filter(forms::isActivation).forEach(o -> join(node.input(0), o));
            }
        }
        table.forEach((value, threshold) -> {
            if (isValid(threshold)) {
                thresholds.merge(root(value), threshold, Math::max);
            }
        });
    }

    static boolean isValid(Float threshold) {
        return threshold != null && Float.isFinite(threshold) && threshold / LEVELS >= Float.MIN_NORMAL;
    }

    private String root(String value) {
        String current = value;
        while (parents.containsKey(current)) {
            current = parents.get(current);
        }
        return current;
    }

    private void join(String a, String b) {
        String first = root(a);
        String second = root(b);
        if (!first.equals(second)) {
            parents.put(second, first);
        }
    }

    /** What a step of 1 stands for, where the value's range is known. */
    Optional<Float> scale(String value) {
        return Optional.ofNullable(thresholds.get(root(value))).map(threshold -> threshold / LEVELS);
    }
}
