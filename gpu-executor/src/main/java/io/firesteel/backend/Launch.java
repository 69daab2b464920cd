package io.firesteel.backend;

import java.util.List;

/** A kernel bound to one session's memory. */
@FunctionalInterface
public interface Launch extends AutoCloseable {

    /** Runs it, or puts it on its stream. Allocates nothing. */
    void run();

    @Override
    default void close() { }

    /** Launches that always run one after the other, as one; closing it closes them. */
    static Launch sequence(List<Launch> launches) {
        return launches.size() == 1 ? launches.get(0) : new LaunchSequence(launches.toArray(Launch[]::new));
    }
}
