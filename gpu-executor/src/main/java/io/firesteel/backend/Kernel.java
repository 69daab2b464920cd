package io.firesteel.backend;

/** One step compiled for its shapes and layouts, with its constants. Immutable, shared by all sessions of an engine. */
public interface Kernel extends AutoCloseable {

    /** The implementation for listings, for example {@code jit:avx512_core}. */
    String implementation();

    /** Bytes of 64-byte aligned scratch memory that each launch needs while it runs. */
    default long scratchBytes() {
        return 0;
    }

    /**
     * Prepares launches on fixed addresses; nothing is looked up or allocated when it runs.
     *
     * @param stream the session's stream
     * @param inputs device address of each input; 0 for absent inputs and constants the kernel prepared itself
     * @param outputs device address of each output; 0 for unused ones
     * @param scratch device address of {@link #scratchBytes()} bytes, or 0 where none are needed
     */
    Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch);

    @Override
    default void close() { }
}
