package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.memory.Scope;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The memory and the stream of one run at a time. Programs are bound when first used; the arena grows to the largest. */
final class Session implements AutoCloseable {

    private static final int MOST_OBSERVED = 8;

    private final Backend backend;
    private final Scope scope;
    private final Stream stream;
    private final Map<PreparedProgram, BoundProgram> bound = new IdentityHashMap<>();
    private final Map<ObservedProgram.Key, ObservedProgram> observed = new LinkedHashMap<>(MOST_OBSERVED, 1, true);
    private Memory arena;
    private Memory scratch;

    Session(Backend backend, Scope scope) {
        this.backend = backend;
        this.scope = scope;
        this.stream = scope.own(backend.openStream());
    }

    Stream stream() {
        return stream;
    }

    /** The program on this session's memory. */
    BoundProgram bind(PreparedProgram prepared) {
        BoundProgram known = bound.get(prepared);
        if (known != null) {
            return known;
        }
        long arenaBytes = prepared.program().arenaBytes();
        if (arena == null || arena.bytes() < arenaBytes || scratch.bytes() < prepared.scratchBytes()) {
            grow(arenaBytes, prepared.scratchBytes());
        }
        BoundProgram binding = bind(prepared, new long[prepared.program().inputs().size()]);
        bound.put(prepared, binding);
        return binding;
    }

    /**
     * A program that was bound before on this session's memory, and on inputs that lie elsewhere.
     *
     * @param moved see {@link BoundProgram}
     * @return the caller's, to be closed before anything else is bound
     */
    BoundProgram bind(PreparedProgram prepared, long[] moved) {
        return new BoundProgram(prepared, stream, arena.address(), scratch.address(), backend.device().hostMemory(), moved);
    }

    /** A bound program with what is observed of it, kept for the next batch; of many kinds of batches those seen last. */
    ObservedProgram observed(ObservedProgram.Key key, Supplier<ObservedProgram> maker) {
        ObservedProgram program = observed.computeIfAbsent(key, absent -> maker.get());
        if (observed.size() > MOST_OBSERVED) {
            observed.remove(observed.keySet().iterator().next()).close();
        }
        return program;
    }

    private void grow(long arenaBytes, long scratchBytes) {
        long arenaGoal = Math.max(arenaBytes, arena == null ? 1 : arena.bytes());
        long scratchGoal = Math.max(scratchBytes, scratch == null ? 1 : scratch.bytes());
        releaseMemory();
        try {
            arena = backend.allocate(arenaGoal, Backend.MemoryUse.ARENA);
            scratch = backend.allocate(scratchGoal, Backend.MemoryUse.ARENA);
        } catch (RuntimeException e) {
            releaseMemory();
            throw e;
        }
    }

    private void releaseMemory() {
        observed.values().forEach(ObservedProgram::close);
        observed.clear();
        bound.values().forEach(BoundProgram::close);
        bound.clear();
        if (arena != null) {
            arena.close();
            arena = null;
        }
        if (scratch != null) {
            scratch.close();
            scratch = null;
        }
    }

    /** Device memory held now. */
    long bytes() {
        return (arena == null ? 0 : arena.bytes()) + (scratch == null ? 0 : scratch.bytes());
    }

    @Override
    public void close() {
        stream.synchronize();
        releaseMemory();
        scope.close();
    }
}
