package io.firesteel.backend;

/** Memory whose closing does something else than the memory's own, once however often it is closed. Safe for several threads. */
public final class ReleasedMemory implements Memory {

    private final Memory memory;
    private final Runnable release;
    private boolean closed;

    /**
     * @param memory what its users see
     * @param release what closing does; closing {@code memory} is its own affair
     */
    public ReleasedMemory(Memory memory, Runnable release) {
        this.memory = memory;
        this.release = release;
    }

    @Override
    public long address() {
        return memory.address();
    }

    @Override
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release.run();
        }
    }
}
