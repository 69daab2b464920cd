package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.TensorSummary;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of a batch that the device summarizes, on one session: a launch for each, and their records, which are cleared and copied
 * together. Used by one thread.
 */
final class DeviceSummaries implements AutoCloseable {

    private record Summary(Kernel kernel, SummaryRequest request, long[] sizes, long offset) { }

    private final Backend backend;
    private final Stream stream;
    private final Map<Integer, Summary> summaries = new LinkedHashMap<>();
    private final List<Launch> launches = new ArrayList<>();
    private long bytes;
    private long scratchBytes;
    private Memory records;
    private Memory scratch;

    DeviceSummaries(Backend backend, Stream stream) {
        this.backend = backend;
        this.stream = stream;
    }

    /** Prepares for a value, where the device can summarize it. All are added before the first launch is asked for. */
    void add(int value, TensorLayout layout, SummaryRequest request) {
        backend.summary(layout, request).ifPresent(kernel -> {
            summaries.put(value, new Summary(kernel, request, layout.sizes(), bytes));
            bytes += TensorSummary.bytes(request, layout.sizes());
            scratchBytes = Math.max(scratchBytes, kernel.scratchBytes());
        });
    }

    boolean contains(int value) {
        return summaries.containsKey(value);
    }

    /** Bytes of all records. */
    long bytes() {
        return bytes;
    }

    /** Forgets the batch before. */
    Launch clear() {
        allocate();
        return () -> stream.clear(records.address(), bytes);
    }

    /** Summarizes a value; closed with this. */
    Launch launch(int value, long address) {
        allocate();
        Summary summary = summaries.get(value);
        Launch launch = summary.kernel.bind(stream, new long[] {address}, new long[] {records.address() + summary.offset}, scratch.address());
        launches.add(launch);
        return launch;
    }

    private void allocate() {
        if (records == null) {
            records = backend.allocate(Math.max(1, bytes), Backend.MemoryUse.ARENA);
        }
        if (scratch == null) {
            scratch = backend.allocate(Math.max(1, scratchBytes), Backend.MemoryUse.ARENA);
        }
    }

    /** Copies all records to a direct buffer, in order with other work. */
    void copyOut(ByteBuffer host) {
        stream.copyOut(records.address(), host);
    }

    /** Shows the records that were copied. */
    void show(ByteBuffer host, ActivationObserver observer) {
        summaries.forEach((value, summary) -> observer.summary(value,
                TensorSummary.read(host.position(Math.toIntExact(summary.offset)), summary.request, summary.sizes)));
    }

    @Override
    public void close() {
        launches.forEach(Launch::close);
        summaries.values().forEach(s -> s.kernel.close());
        if (records != null) {
            records.close();
        }
        if (scratch != null) {
            scratch.close();
        }
    }
}
