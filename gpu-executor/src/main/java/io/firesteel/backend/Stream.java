package io.firesteel.backend;

import java.nio.ByteBuffer;
import java.util.List;

/** The ordered work of one session. Used by one thread at a time. */
public interface Stream extends AutoCloseable {

    /** Makes the calling thread ready to use this stream; called whenever a thread borrows the session. Cheap when repeated. */
    void enter();

    /** Copies the remaining bytes of a direct buffer to the device, in order with other work; the buffer's position stays. */
    void copyIn(ByteBuffer host, long device);

    /** Fills the remaining bytes of a direct buffer from the device, in order with other work; the buffer's position stays. */
    void copyOut(long device, ByteBuffer host);

    /** Copies within the device's memory, in order with other work. */
    void copy(long source, long target, long bytes);

    /** Sets device memory to zero, in order with other work. */
    void clear(long device, long bytes);

    /** Makes one launch of many that always run together; a backend may record them, as a CUDA graph is. */
    Launch sequence(List<Launch> launches);

    /**
     * The same for launches that work on many bytes of memory. Those of several streams that are large for the device's caches may
     * take turns, so that only copies overlap them.
     */
    default Launch sequence(List<Launch> launches, long bytes) {
        return sequence(launches);
    }

    /** Waits until all work is done, and throws what went wrong in it. */
    void synchronize();

    @Override
    void close();
}
