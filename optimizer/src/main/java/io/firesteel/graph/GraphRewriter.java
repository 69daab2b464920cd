package io.firesteel.graph;

import io.firesteel.FiresteelException;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects patches that do not touch each other and applies them in one go, dropping what nothing uses any more. */
public final class GraphRewriter {

    private final Graph graph;
    private final Set<Node> removed = identitySet();
    private final Set<String> claimedNodes = new HashSet<>();
    private final Set<String> claimedValues = new HashSet<>();
    private final Set<String> readByAdded = new HashSet<>();
    private final Set<String> madeByAdded = new HashSet<>();
    private final Set<String> replacementTargets = new HashSet<>();
    private final List<Node> added = new ArrayList<>();
    private final Map<String, Tensor> constants = new LinkedHashMap<>();
    private final Map<String, String> replacements = new HashMap<>();

    /** @param graph the graph to change */
    public GraphRewriter(Graph graph) {
        this.graph = graph;
    }

    /**
     * Accepts a patch unless it touches what an accepted one touches.
     *
     * @return whether it was accepted; if not, the rule finds its match again in the changed graph
     */
    public boolean accept(Patch patch) {
        if (touches(patch)) {
            return false;
        }
        removed.addAll(patch.removed());
        added.addAll(patch.added());
        constants.putAll(patch.constants());
        replacements.putAll(patch.replacements());
        replacementTargets.addAll(patch.replacements().values());
        patch.added().forEach(n -> {
            claimedNodes.add(n.name());
            madeByAdded.addAll(n.outputs());
            readByAdded.addAll(n.inputs());
        });
        claimedValues.addAll(madeByAdded);
        claimedValues.addAll(patch.constants().keySet());
        claimedValues.remove("");
        return true;
    }

    private boolean touches(Patch patch) {
        Set<String> made = new HashSet<>();
        for (Node node : patch.added()) {
            if (claimedNodes.contains(node.name()) || node.outputs().stream().anyMatch(claimedValues::contains)
                    || node.inputs().stream().anyMatch(i -> isGone(i) || replacements.containsKey(i))) {
                return true;
            }
            made.addAll(node.outputs());
        }
        for (Node node : patch.removed()) {
            if (removed.contains(node) || node.outputs().stream().anyMatch(o -> replacementTargets.contains(o)
                    || readByAdded.contains(o) && !made.contains(o) && !o.isEmpty())) {
                return true;
            }
        }
        return patch.constants().keySet().stream().anyMatch(claimedValues::contains)
                || patch.replacements().entrySet().stream().anyMatch(r -> replacements.containsKey(r.getKey())
                        || readByAdded.contains(r.getKey()) || isGone(r.getValue()));
    }

    private boolean isGone(String value) {
        return !madeByAdded.contains(value) && graph.producer(value).filter(removed::contains).isPresent();
    }

    /**
     * The changed graph.
     *
     * @param changedBy what to name in the error if a patch changed a type
     */
    public Graph apply(String changedBy) {
        Map<String, Tensor> allConstants = new LinkedHashMap<>(graph.constants());
        allConstants.putAll(constants);
        List<Node> nodes = new ArrayList<>();
        graph.nodes().stream().filter(n -> !removed.contains(n)).forEach(n -> nodes.add(renamed(n)));
        added.forEach(n -> nodes.add(renamed(n)));
        List<Node> live = sort(nodes);
        Set<String> used = new HashSet<>();
        live.forEach(n -> used.addAll(n.inputs()));
        graph.outputs().forEach(o -> used.add(resolve(o.value())));

        GraphBuilder builder = new GraphBuilder(graph.name());
        graph.inputs().forEach(i -> builder.input(i, graph.type(i)));
        allConstants.forEach((value, tensor) -> {
            if (used.contains(value)) {
                builder.constant(value, tensor);
            }
        });
        live.forEach(builder::add);
        graph.outputs().forEach(o -> builder.output(o.name(), resolve(o.value())));
        Graph result = builder.build();
        verify(result, changedBy);
        return result;
    }

    private Node renamed(Node node) {
        if (node.inputs().stream().noneMatch(replacements::containsKey)) {
            return node;
        }
        return new Node(node.name(), node.operator(), node.inputs().stream().map(this::resolve).toList(), node.outputs(), node.origins());
    }

    private String resolve(String value) {
        String current = value;
        while (replacements.containsKey(current)) {
            current = replacements.get(current);
        }
        return current;
    }

    /** Live nodes in an order that computes every value before it is read, otherwise as they were. */
    private List<Node> sort(List<Node> nodes) {
        Map<String, Node> producers = new HashMap<>();
        nodes.forEach(n -> n.outputs().stream().filter(o -> !o.isEmpty()).forEach(o -> producers.put(o, n)));
        Set<Node> live = identitySet();
        Deque<String> wanted = new ArrayDeque<>();
        graph.outputs().forEach(o -> wanted.push(resolve(o.value())));
        while (!wanted.isEmpty()) {
            Node node = producers.get(wanted.pop());
            if (node != null && live.add(node)) {
                node.inputs().forEach(wanted::push);
            }
        }
        List<Node> sorted = new ArrayList<>();
        Set<Node> done = identitySet();
        for (Node node : nodes) {
            if (live.contains(node)) {
                visit(node, producers, done, sorted);
            }
        }
        return sorted;
    }

    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private static void visit(Node root, Map<String, Node> producers, Set<Node> done, List<Node> sorted) {
        Deque<Node> open = new ArrayDeque<>();
        Set<Node> expanded = identitySet();
        open.push(root);
        while (!open.isEmpty()) {
            Node node = open.peek();
            if (done.contains(node)) {
                open.pop();
            } else if (expanded.add(node)) {
                for (String input : node.inputs()) {
                    Node producer = producers.get(input);
                    if (producer != null && !done.contains(producer)) {
                        if (expanded.contains(producer)) {
                            throw FiresteelException.internal("a rewrite made a cycle through node '" + node.name() + "'", null);
                        }
                        open.push(producer);
                    }
                }
            } else {
                open.pop();
                done.add(node);
                sorted.add(node);
            }
        }
    }

    private void verify(Graph result, String changedBy) {
        for (int i = 0; i < graph.outputs().size(); i++) {
            verify(graph.type(graph.outputs().get(i).value()), result.type(result.outputs().get(i).value()), graph.outputs().get(i).name(), changedBy);
        }
        for (Node node : added) {
            for (String output : node.outputs()) {
                if (!output.isEmpty() && graph.values().contains(output) && result.values().contains(output)) {
                    verify(graph.type(output), result.type(output), output, changedBy);
                }
            }
        }
    }

    private static void verify(ValueType before, ValueType after, String value, String changedBy) {
        if (before instanceof TensorType b && after instanceof TensorType a && b.dataType() == a.dataType()
                && (!b.hasRank() || !a.hasRank() || compatible(b, a))) {
            return;
        }
        if (!(before instanceof TensorType) && before.getClass() == after.getClass()) {
            return;
        }
        throw FiresteelException.internal(changedBy + " changed the type of '" + value + "' from " + before + " to " + after, null);
    }

    private static boolean compatible(TensorType before, TensorType after) {
        if (before.shape().rank() != after.shape().rank()) {
            return false;
        }
        for (int i = 0; i < before.shape().rank(); i++) {
            Dim b = before.shape().dim(i);
            Dim a = after.shape().dim(i);
            if (b.isConstant() && a.isConstant() && !b.equals(a)) {
                return false;
            }
        }
        return true;
    }
}
