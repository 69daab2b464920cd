package io.firesteel.lowering;

import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which concatenations along the channels need no step: where producers can write, and other consumers read, channel
 * slices of the result. Parts whose producer cannot are copied into their slice.
 *
 * <pre>
 *   a = Convolution(x)                  a = Convolution(x)  -> channels 0 to 63 of c
 *   b = Convolution(y)          =>      b = Convolution(y)  -> channels 64 to 95 of c
 *   c = Concat(a, b)
 * </pre>
 */
final class ConcatElimination {

    /**
     * A value's place in a concatenation that was eliminated.
     *
     * @param whole the concatenation's result
     * @param channel the first channel in it
     */
    record Slice(String whole, long channel) { }

    private final Graph graph;
    private final Map<String, Choice> choices;
    private final Map<String, Slice> slices = new HashMap<>();
    private final Map<String, List<Long>> eliminated = new HashMap<>();

    private ConcatElimination(Graph graph, Map<String, Choice> choices) {
        this.graph = graph;
        this.choices = choices;
    }

    static ConcatElimination of(Graph graph, Map<String, Choice> choices) {
        ConcatElimination elimination = new ConcatElimination(graph, choices);
        List<Node> outerFirst = new ArrayList<>(graph.nodes());
        Collections.reverse(outerFirst);
        outerFirst.forEach(elimination::consider);
        return elimination;
    }

    /** The slice a value is written to, where it is part of an eliminated concatenation and its producer writes it there. */
    Optional<Slice> slice(String value) {
        return Optional.ofNullable(slices.get(value));
    }

    /** The first channel of each part, where a node is an eliminated concatenation. */
    Optional<List<Long>> channels(Node concat) {
        return Optional.ofNullable(eliminated.get(concat.name()));
    }

    private void consider(Node node) {
        Optional<List<Long>> channels = joinable(node);
        if (channels.isEmpty()) {
            return;
        }
        boolean nested = slices.containsKey(node.output());
        List<Integer> direct = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (canWriteSlice(node, i)) {
                direct.add(i);
            }
        }
        if (direct.isEmpty() && !nested) {
            return;
        }
        eliminated.put(node.name(), channels.get());
        direct.forEach(i -> slices.put(node.input(i), new Slice(node.output(), channels.get().get(i))));
    }

    /** The first channel of each part of a concatenation whose format allows slices. */
    private Optional<List<Long>> joinable(Node node) {
        if (!ChannelConcat.matches(graph, node) || !(choices.get(node.name()) instanceof Choice.AsKernel kernel)) {
            return Optional.empty();
        }
        TensorLayout whole = kernel.tactic().outputs().get(0);
        List<Long> channels = new ArrayList<>();
        long channel = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            TensorLayout part = kernel.tactic().inputs().get(i);
            if (part == null || graph.constant(node.input(i)).isPresent() || part.format() != whole.format() || part.dataType() != whole.dataType()
                    || part.format().isBlocked() && part.sizes()[1] % part.format().block() != 0
                    || !ChannelSplit.keepsVectors(whole, channel)) {
                return Optional.empty();
            }
            channels.add(channel);
            channel += part.sizes()[1];
        }
        return Optional.of(channels);
    }

    private boolean canWriteSlice(Node concat, int index) {
        String value = concat.input(index);
        Node producer = graph.producer(value).orElse(null);
        if (producer == null || graph.isOutput(value) || slices.containsKey(value)
                || concat.inputs().stream().filter(value::equals).count() > 1
                || !(choices.get(producer.name()) instanceof Choice.AsKernel made)
                || !(choices.get(concat.name()) instanceof Choice.AsKernel joining)) {
            return false;
        }
        int output = producer.outputs().indexOf(value);
        TensorLayout layout = joining.tactic().inputs().get(index);
        boolean writes = joinable(producer).isPresent()
                || made.tactic().viewOf().isEmpty() && made.tactic().writesSlice(output);
        return writes && layout.equals(made.tactic().outputs().get(output))
                && graph.consumers(value).stream().filter(c -> c != concat).allMatch(c -> readsSlice(c, value, layout));
    }

    private boolean readsSlice(Node consumer, String value, TensorLayout layout) {
        if (!(choices.get(consumer.name()) instanceof Choice.AsKernel kernel) || kernel.tactic().viewOf().isPresent()) {
            return false;
        }
        for (int i = 0; i < consumer.inputs().size(); i++) {
            if (consumer.inputs().get(i).equals(value)
                    && !(layout.equals(kernel.tactic().inputs().get(i)) && kernel.tactic().readsSlice(i))) {
                return false;
            }
        }
        return true;
    }
}
