package io.firesteel.backend;

/** A kernel bound to one session's memory. */
@FunctionalInterface
public interface Launch extends AutoCloseable {

    /** Runs it, or puts it on its stream. Allocates nothing. */
    void run();

    @Override
    default void close() { }
}
