package io.firesteel.engine;

import io.firesteel.backend.SummaryRequest;
import io.firesteel.engine.ObservedProgram.Sight;
import io.firesteel.graph.Graph;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs a plan in batches of one fixed size and shows chosen values to an observer, each as soon as a step has made it or, where
 * no step does, before the first step that reads it. No activation is kept: the arena is that of an ordinary run. A device that can
 * summarizes them, so that none is copied to the host, where the observer wants that. Safe for several threads where each has an observer
 * of its own.
 */
public final class Observation {

    /** A value in the symbolic graph: which axis counts rows, how many of its elements belong to one, and how many in all. */
    private record Wanted(int axis, long perRow, long rowElements) { }

    private final Engine engine;
    private final PreparedProgram prepared;
    private final int bucket;
    private final List<String> values = new ArrayList<>();
    private final List<Long> rowElements = new ArrayList<>();
    private final List<List<Sight>> before = new ArrayList<>();
    private final List<List<Sight>> after = new ArrayList<>();

    Observation(Engine engine, PreparedProgram prepared, int bucket, String symbol, List<String> names) {
        this.engine = engine;
        this.prepared = prepared;
        this.bucket = bucket;
        Map<String, Wanted> wanted = new HashMap<>();
        Graph graph = engine.plan().graph();
        for (String name : names) {
            Wanted one = graph.values().contains(name) ? wanted(graph, name, symbol) : null;
            if (one != null) {
                wanted.put(name, one);
            }
        }
        Program program = prepared.program();
        for (int i = 0; i <= program.steps().size(); i++) {
            before.add(new ArrayList<>());
            after.add(new ArrayList<>());
        }
        see(wanted, program.graph().inputs(), program.inputs(), before.get(0));
        for (int i = 0; i < program.steps().size(); i++) {
            Step step = program.steps().get(i);
            see(wanted, names(step, true), step.inputs(), before.get(i));
            see(wanted, names(step, false), step.outputs(), after.get(i));
        }
        see(wanted, program.graph().outputs().stream().map(Graph.Output::value).toList(), program.outputs(),
                before.get(program.steps().size()));
    }

    private Wanted wanted(Graph graph, String name, String symbol) {
        if (!(graph.type(name) instanceof TensorType type) || !type.hasRank() || type.shape().rank() == 0) {
            return null;
        }
        List<Dim> dims = type.shape().dims();
        int axis = -1;
        long elements = 1;
        for (int i = 0; i < dims.size(); i++) {
            Dim dim = dims.get(i);
            if (dim.isConstant() && !(symbol == null && i == 0)) {
                elements *= dim.size();
            } else if (axis < 0 && (symbol == null ? dim.size() % bucket == 0 : symbol.equals(dim.symbol()) && dim.offset() == 0)) {
                axis = i;
                elements *= symbol == null ? dim.size() / bucket : dim.coefficient();
            } else {
                return null;
            }
        }
        if (axis < 0) {
            return null;
        }
        return new Wanted(axis, symbol == null ? dims.get(0).size() / bucket : dims.get(axis).coefficient(), elements);
    }

    private static List<String> names(Step step, boolean inputs) {
        if (step instanceof Step.Layer layer) {
            return inputs ? layer.node().inputs() : layer.node().outputs();
        }
        if (step instanceof Step.Host host) {
            return inputs ? host.node().inputs() : host.node().outputs();
        }
        return List.of(((Step.Reorder) step).value());
    }

    private void see(Map<String, Wanted> wanted, List<String> names, List<Operand> operands, List<Sight> sights) {
        for (int i = 0; i < names.size(); i++) {
            Wanted one = wanted.get(names.get(i));
            Operand place = operands.get(i);
            if (one != null && (place instanceof Operand.InArena || place instanceof Operand.InHost)) {
                wanted.remove(names.get(i));
                sights.add(new Sight(values.size(), one.axis(), one.perRow(), place));
                values.add(names.get(i));
                rowElements.add(one.rowElements());
            }
        }
    }

    /**
     * The values that are seen, in the order in which they are: of those asked for, the ones that are computed in this form and
     * whose elements belong to rows.
     */
    public List<String> values() {
        return List.copyOf(values);
    }

    /** Elements of one row of value {@code index}. */
    public long rowElements(int index) {
        return rowElements.get(index);
    }

    /** Rows of one batch. */
    public int batchRows() {
        return bucket;
    }

    /**
     * Computes one batch and shows the activations of its rows; those of padding are not shown, the outputs are dropped.
     *
     * @param count rows, from 1 to {@link #batchRows()}
     * @param inputs a direct buffer for each input, little endian, {@code count} rows from its position
     * @return bytes of activations and summaries of them that were copied from the device to the host
     */
    public long run(int count, ByteBuffer[] inputs, ActivationObserver observer) {
        try (ObservedBatch batch = run(count, inputs, observer, () -> { })) {
            batch.show();
            return batch.copiedBytes();
        }
    }

    /**
     * Computes one batch and shows the activations that are read as elements; what the device has summarized is shown when the caller
     * wants it, which may be after the next batch has begun.
     *
     * @param count rows, from 1 to {@link #batchRows()}
     * @param inputs a direct buffer for each input, little endian, {@code count} rows from its position
     * @param meanwhile what the calling thread does while the device computes; it leaves {@code inputs} as they are
     * @return closed by the caller before the engine is
     */
    public ObservedBatch run(int count, ByteBuffer[] inputs, ActivationObserver observer, Runnable meanwhile) {
        if (count < 1 || count > bucket) {
            throw new IllegalArgumentException(count + " rows do not make a batch of " + bucket);
        }
        ObservedProgram.Key key = new ObservedProgram.Key(this, requests(count, observer));
        return engine.withSession(inputs, count, session -> {
            BoundProgram bound = session.bind(prepared);
            ObservedProgram program = session.observed(key, () -> new ObservedProgram(engine.backend(), session.stream(), bound, before, after,
                    key.requests()));
            engine.copyIn(session.stream(), bound, prepared, bucket, 0, count, inputs);
            return program.run(count, engine, observer, meanwhile);
        });
    }

    private List<Optional<SummaryRequest>> requests(int count, ActivationObserver observer) {
        List<Optional<SummaryRequest>> requests = new ArrayList<>(Collections.nCopies(values.size(), Optional.empty()));
        Stream.of(before, after).flatMap(List::stream).flatMap(List::stream).forEach(sight -> requests.set(sight.value(),
                observer.summaryForm(sight.value()).map(form -> new SummaryRequest(form.bins(), form.stride(), sight.axis(),
                        sight.perRow() * count, observer.channelAxis(sight.value())))));
        return requests;
    }
}
