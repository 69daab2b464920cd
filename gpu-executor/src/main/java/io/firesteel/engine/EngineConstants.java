package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Configurations;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.memory.NativeMemory;
import io.firesteel.memory.Scope;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/** The constants of one engine. Small ones share slabs of device memory. */
final class EngineConstants implements Constants {

    private static final long SLAB = 8L << 20;
    private static final int PIECE = 1 << 30;
    private static final Object ROW_MAJOR = "row-major";

    private final Backend backend;
    private final Scope scope;
    private final Configurations configurations;
    private final Map<Tensor, Map<Object, Prepared>> addresses = new IdentityHashMap<>();
    private Stream uploads;
    private long slabNext;
    private long slabEnd;
    private long bytes;

    /** @param configurations what was settled on for the kernels that are made */
    EngineConstants(Backend backend, Scope scope, Configurations configurations) {
        this.backend = backend;
        this.scope = scope;
        this.configurations = configurations;
    }

    @Override
    public Configurations configurations() {
        return configurations;
    }

    /** Memory of one form of a constant; its monitor is held while it is filled, so that forms are filled by several threads. */
    private static final class Prepared {
        private long address;
        private boolean filled;
    }

    @Override
    public long prepared(Tensor constant, Object form, long size, Preparation preparation) {
        Prepared prepared;
        synchronized (this) {
            prepared = addresses.computeIfAbsent(constant, c -> new HashMap<>()).computeIfAbsent(form, f -> new Prepared());
        }
        synchronized (prepared) {
            if (!prepared.filled) {
                if (prepared.address == 0) {
                    prepared.address = allocate(size);
                }
                long target = prepared.address;
                withSource(constant, source -> preparation.prepare(source, target));
                prepared.filled = true;
            }
            return prepared.address;
        }
    }

    @Override
    public long linear(Tensor constant) {
        if (backend.device().hostMemory()) {
            ByteBuffer[] segments = constant.segments();
            if (segments.length == 1 && segments[0].isDirect() && NativeMemory.addressOf(segments[0]) % NativeMemory.ALIGNMENT == 0) {
                keep(constant);
                return NativeMemory.addressOf(segments[0]);
            }
        }
        long size = constant.byteSize();
        return prepared(constant, ROW_MAJOR, size, (source, target) -> {
            if (backend.device().hostMemory()) {
                NativeMemory.copy(source, target, size);
            } else {
                upload(source, target, size);
            }
        });
    }

    /** Holds on to a constant whose own memory is used. */
    private synchronized void keep(Tensor constant) {
        addresses.computeIfAbsent(constant, c -> new HashMap<>());
    }

    private synchronized void upload(long source, long target, long size) {
        if (uploads == null) {
            uploads = scope.own(backend.openStream());
        }
        uploads.enter();
        for (long at = 0; at < size; at += PIECE) {
            uploads.copyIn(NativeMemory.view(source + at, (int) Math.min(PIECE, size - at)), target + at);
        }
        uploads.synchronize();
    }

    /** Device memory taken by prepared constants. */
    synchronized long bytes() {
        return bytes;
    }

    private synchronized long allocate(long size) {
        bytes += size;
        long needed = Math.max(NativeMemory.ALIGNMENT, size + NativeMemory.ALIGNMENT - 1 & -NativeMemory.ALIGNMENT);
        if (needed >= SLAB / 2) {
            return scope.own(backend.allocate(needed, Backend.MemoryUse.WEIGHTS)).address();
        }
        if (slabNext + needed > slabEnd) {
            Memory slab = scope.own(backend.allocate(SLAB, Backend.MemoryUse.WEIGHTS));
            slabNext = slab.address();
            slabEnd = slabNext + SLAB;
        }
        long address = slabNext;
        slabNext += needed;
        return address;
    }

    private interface SourceUser {
        void use(long source);
    }

    private static void withSource(Tensor constant, SourceUser user) {
        ByteBuffer[] segments = constant.segments();
        if (segments.length == 1 && segments[0].isDirect() && NativeMemory.addressOf(segments[0]) % NativeMemory.ALIGNMENT == 0) {
            user.use(NativeMemory.addressOf(segments[0]));
            return;
        }
        try (NativeMemory copy = NativeMemory.allocate(Math.max(1, constant.byteSize()))) {
            long at = copy.address();
            for (ByteBuffer segment : segments) {
                int length = segment.remaining();
                NativeMemory.view(at, length).put(segment);
                at += length;
            }
            user.use(copy.address());
        }
    }
}
