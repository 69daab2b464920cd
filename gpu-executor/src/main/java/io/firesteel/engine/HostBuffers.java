package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Memory;
import io.firesteel.backend.ReleasedMemory;
import io.firesteel.memory.Scope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Host memory that the device copies fastest with, kept for the next user when one gives it back: making it is slow. */
final class HostBuffers {

    private static final long GRAIN = 1 << 16;

    private final Backend backend;
    private final Scope scope;
    private final Map<Long, Deque<Memory>> idle = new HashMap<>();

    /** @param scope owns what is allocated */
    HostBuffers(Backend backend, Scope scope) {
        this.backend = backend;
        this.scope = scope;
    }

    /** A block of at least so many bytes, given back by closing it. */
    synchronized Memory borrow(long bytes) {
        long size = Math.max(GRAIN, (bytes + GRAIN - 1) / GRAIN * GRAIN);
        Deque<Memory> blocks = idle.computeIfAbsent(size, s -> new ArrayDeque<>());
        Memory memory = blocks.poll();
        if (memory == null) {
            memory = scope.own(backend.allocateHost(size));
        }
        Memory lent = memory;
        return new ReleasedMemory(lent, () -> giveBack(lent, blocks));
    }

    private synchronized void giveBack(Memory memory, Deque<Memory> blocks) {
        blocks.push(memory);
    }
}
