package io.firesteel.engine;

import io.firesteel.backend.Memory;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;

/** A batch that {@link Observation#run} has computed, and what the device has summarized of it. Used by one thread. */
public final class ObservedBatch implements AutoCloseable {

    private final DeviceSummaries summaries;
    private final Memory host;
    private final ActivationObserver observer;
    private final long copiedBytes;

    /** @param host where the records of {@code summaries} are, or null where there is none; taken over */
    ObservedBatch(DeviceSummaries summaries, Memory host, ActivationObserver observer, long copiedBytes) {
        this.summaries = summaries;
        this.host = host;
        this.observer = observer;
        this.copiedBytes = copiedBytes;
    }

    /** Shows the summaries to the observer. */
    public void show() {
        if (host != null) {
            ByteBuffer records = NativeMemory.view(host.address(), Math.toIntExact(summaries.bytes()));
            summaries.show(records, observer);
        }
    }

    /** Bytes of activations and summaries of them that were copied from the device to the host. */
    public long copiedBytes() {
        return copiedBytes;
    }

    /** Gives the records' memory back. */
    @Override
    public void close() {
        if (host != null) {
            host.close();
        }
    }
}
