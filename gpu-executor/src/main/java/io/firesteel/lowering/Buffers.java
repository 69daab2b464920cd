package io.firesteel.lowering;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.memory.ArenaPlan;
import io.firesteel.memory.ArenaPlanner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The buffers of a program being built: which values each holds, and from which step to which it is needed. */
final class Buffers {

    /** The step before the first: inputs are copied in. */
    static final int BEFORE = -1;

    private static final class Buffer {
        private final long bytes;
        private final Set<String> values = new LinkedHashSet<>();
        private int first = Integer.MAX_VALUE;
        private int last = Integer.MIN_VALUE;

        Buffer(long bytes) {
            this.bytes = bytes;
        }
    }

    private final List<Buffer> buffers = new ArrayList<>();
    private final Map<String, Integer> usesLeft = new HashMap<>();

    Buffers(Graph graph) {
        graph.nodes().forEach(n -> n.inputs().forEach(i -> usesLeft.merge(i, 1, Integer::sum)));
        graph.outputs().forEach(o -> usesLeft.merge(o.value(), 1, Integer::sum));
    }

    int create(long bytes, List<String> values) {
        Buffer buffer = new Buffer(bytes);
        buffer.values.addAll(values);
        buffers.add(buffer);
        return buffers.size() - 1;
    }

    /** Notes that a buffer holds another value too. */
    void holds(int buffer, String value) {
        buffers.get(buffer).values.add(value);
    }

    /** Notes that a step uses a source. */
    void touch(Source source, int step) {
        if (source instanceof Place place) {
            Buffer buffer = buffers.get(place.buffer());
            buffer.first = Math.min(buffer.first, step);
            buffer.last = Math.max(buffer.last, step);
        }
    }

    /** Notes that a node has been run. */
    void used(Node node) {
        node.inputs().forEach(i -> usesLeft.merge(i, -1, Integer::sum));
    }

    /** Whether nothing after a node, which has not been run yet, uses any value of a buffer. */
    boolean diesAt(int buffer, Node node) {
        return buffers.get(buffer).values.stream().allMatch(value ->
                usesLeft.getOrDefault(value, 0) == node.inputs().stream().filter(value::equals).count());
    }

    /** Plans the arena and gives every step its operands. */
    Program settle(Graph graph, List<StepDraft> drafts, List<Source> inputs, List<Source> outputs, int slots) {
        List<Integer> used = new ArrayList<>();
        List<ArenaPlanner.Block> blocks = new ArrayList<>();
        for (int i = 0; i < buffers.size(); i++) {
            Buffer buffer = buffers.get(i);
            if (buffer.last >= buffer.first) {
                used.add(i);
                blocks.add(new ArenaPlanner.Block(buffer.bytes, buffer.first, buffer.last));
            }
        }
        ArenaPlan plan = ArenaPlanner.plan(blocks);
        Map<Integer, Long> offsets = new HashMap<>();
        for (int i = 0; i < used.size(); i++) {
            offsets.put(used.get(i), plan.offsets().get(i));
        }
        Function<Source, Operand> operand = source -> settle(source, offsets);
        return new Program(graph, drafts.stream().map(d -> d.settle(operand)).toList(), inputs.stream().map(operand).toList(),
                outputs.stream().map(operand).toList(), plan.bytes(), plan.lowerBound(), slots);
    }

    private static Operand settle(Source source, Map<Integer, Long> offsets) {
        if (source instanceof Place place) {
            return new Operand.InArena(offsets.get(place.buffer()) + place.offset(), place.layout());
        }
        if (source instanceof Source.Constant constant) {
            return new Operand.InConstants(constant.tensor(), constant.layout());
        }
        return source instanceof Source.Slot slot ? new Operand.InHost(slot.index()) : Operand.NONE;
    }
}
