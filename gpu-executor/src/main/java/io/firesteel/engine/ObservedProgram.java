package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.lowering.Operand;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program of one session between whose steps values are looked at: those that the device summarizes by launches among those of the
 * steps, recorded with them; the elements of the others are read when the steps before have been done.
 */
final class ObservedProgram implements AutoCloseable {

    /**
     * What is looked at: an observation, and for each of its values the summary that is wanted or empty where elements are. The sizes of a
     * batch are in the requests' limits.
     */
    record Key(Observation observation, List<Optional<SummaryRequest>> requests) { }

    /** Where a value is looked at. {@code axis} counts rows, of which each has {@code perRow} elements of it. */
    record Sight(int value, int axis, long perRow, Operand place) { }

    private sealed interface Part { }

    private record Work(Launch launch) implements Part { }

    private record Look(Sight sight) implements Part { }

    private final BoundProgram program;
    private final Stream stream;
    private final boolean hostMemory;
    private final DeviceSummaries summaries;
    private final List<Part> parts = new ArrayList<>();
    private final List<Launch> stretch = new ArrayList<>();
    private final List<Launch> recorded = new ArrayList<>();

    /**
     * @param before for each step what is looked at before it, and after the last
     * @param after for each step what is looked at after it
     */
    ObservedProgram(Backend backend, Stream stream, BoundProgram program, List<List<Sight>> before, List<List<Sight>> after,
            List<Optional<SummaryRequest>> requests) {
        this.program = program;
        this.stream = stream;
        this.hostMemory = backend.device().hostMemory();
        this.summaries = new DeviceSummaries(backend, stream);
        try {
            java.util.stream.Stream.of(before, after).flatMap(List::stream).flatMap(List::stream).forEach(sight -> {
                if (sight.place() instanceof Operand.InArena place) {
                    requests.get(sight.value()).ifPresent(request -> summaries.add(sight.value(), place.layout(), request));
                }
            });
            if (summaries.bytes() > 0) {
                stretch.add(summaries.clear());
            }
            for (int i = 0; i < program.steps(); i++) {
                before.get(i).forEach(this::look);
                step(program.launch(i));
                after.get(i).forEach(this::look);
            }
            before.get(program.steps()).forEach(this::look);
            endStretch();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void look(Sight sight) {
        if (summaries.contains(sight.value())) {
            stretch.add(summaries.launch(sight.value(), program.address(sight.place())));
        } else {
            endStretch();
            parts.add(new Look(sight));
        }
    }

    private void step(Launch launch) {
        if (hostMemory || launch instanceof HostStepLaunch) {
            endStretch();
            parts.add(new Work(launch));
        } else {
            stretch.add(launch);
        }
    }

    private void endStretch() {
        if (!stretch.isEmpty()) {
            Launch sequence = stream.sequence(List.copyOf(stretch));
            recorded.add(sequence);
            parts.add(new Work(sequence));
            stretch.clear();
        }
    }

    /**
     * Computes the batch whose inputs are in place and shows the elements that are read; what the device summarizes is shown later.
     *
     * @param rows of the batch, without padding
     * @param meanwhile what this thread does while the device computes
     */
    ObservedBatch run(int rows, Engine engine, ActivationObserver observer, Runnable meanwhile) {
        ActivationReader reader = new ActivationReader(observer);
        Memory host = summaries.bytes() == 0 ? null : engine.borrowHost(summaries.bytes());
        try {
            for (Part part : parts) {
                if (part instanceof Work work) {
                    work.launch.run();
                } else if (part instanceof Look look) {
                    read(look.sight, rows, reader);
                }
            }
            if (host != null) {
                summaries.copyOut(NativeMemory.view(host.address(), Math.toIntExact(summaries.bytes())));
            }
            try {
                meanwhile.run();
            } finally {
                stream.synchronize();
            }
            program.clear();
            return new ObservedBatch(summaries, host, observer, summaries.bytes() + reader.copiedBytes());
        } catch (RuntimeException | Error e) {
            if (host != null) {
                host.close();
            }
            throw e;
        }
    }

    private void read(Sight sight, int rows, ActivationReader reader) {
        long limit = sight.perRow() * rows;
        stream.synchronize();
        if (sight.place() instanceof Operand.InArena place) {
            reader.read(sight.value(), place.layout(), program.address(place), sight.axis(), limit, stream, hostMemory);
        } else if (program.slot(((Operand.InHost) sight.place()).slot()) instanceof Tensor tensor && tensor.rank() > sight.axis()) {
            reader.read(sight.value(), tensor, sight.axis(), Math.min(limit, tensor.size(sight.axis())));
        }
    }

    @Override
    public void close() {
        recorded.forEach(Launch::close);
        summaries.close();
    }
}
