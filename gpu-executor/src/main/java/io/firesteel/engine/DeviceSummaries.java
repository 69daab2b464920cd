package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.TensorSummary;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of one batch that the device summarizes: kernels for each, and their records, which are copied together. Used by one thread. */
final class DeviceSummaries implements AutoCloseable {

    private record Summary(Kernel kernel, SummaryRequest request, long[] sizes, long offset) { }

    private final Backend backend;
    private final Stream stream;
    private final ActivationObserver observer;
    private final Map<Integer, Summary> summaries = new LinkedHashMap<>();
    private final List<Launch> launches = new ArrayList<>();
    private final List<Memory> memory = new ArrayList<>();
    private long records;
    private long scratch;

    DeviceSummaries(Backend backend, Stream stream, ActivationObserver observer) {
        this.backend = backend;
        this.stream = stream;
        this.observer = observer;
    }

    /** Prepares for a value, where the observer wants a summary of it and the device can make it. */
    void add(int value, TensorLayout layout, int axis, long limit) {
        observer.summaryForm(value).ifPresent(form -> {
            SummaryRequest request = new SummaryRequest(form.bins(), form.stride(), axis, limit, observer.channelAxis(value));
            backend.summary(layout, request).ifPresent(kernel -> {
                summaries.put(value, new Summary(kernel, request, layout.sizes(), records));
                records += TensorSummary.bytes(request, layout.sizes());
                scratch = Math.max(scratch, kernel.scratchBytes());
            });
        });
    }

    /** Puts the summary of a value on the stream; false where it was not prepared. */
    boolean summarize(int value, long address) {
        Summary summary = summaries.get(value);
        if (summary == null) {
            return false;
        }
        if (memory.isEmpty()) {
            memory.add(backend.allocate(records, Backend.MemoryUse.ARENA));
            memory.add(backend.allocate(Math.max(1, scratch), Backend.MemoryUse.ARENA));
        }
        Launch launch = summary.kernel.bind(stream, new long[] {address}, new long[] {memory.get(0).address() + summary.offset},
                memory.get(1).address());
        launches.add(launch);
        launch.run();
        return true;
    }

    /** Copies all records and shows them; gives the bytes copied. */
    long show() {
        if (summaries.isEmpty()) {
            return 0;
        }
        try (NativeMemory host = NativeMemory.allocate(records)) {
            ByteBuffer view = NativeMemory.view(host.address(), Math.toIntExact(records));
            stream.copyOut(memory.get(0).address(), view);
            stream.synchronize();
            summaries.forEach((value, summary) -> show(value, TensorSummary.read(view.position((int) summary.offset), summary.request,
                    summary.sizes)));
        }
        return records;
    }

    private void show(int value, TensorSummary summary) {
        observer.summary(value, summary);
        int channels = summary.channels().length == 0 ? 0 : Math.toIntExact(summaries.get(value).sizes[observer.channelAxis(value)]);
        for (int from = 0; from < summary.channels().length; from += channels) {
            observer.channels(value, Arrays.copyOfRange(summary.channels(), from, from + channels), summary.positions());
        }
    }

    @Override
    public void close() {
        stream.synchronize();
        launches.forEach(Launch::close);
        memory.forEach(Memory::close);
        summaries.values().forEach(s -> s.kernel.close());
    }
}
