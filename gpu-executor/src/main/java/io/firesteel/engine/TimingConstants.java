package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Configurations;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Trials;
import io.firesteel.memory.NativeMemory;
import io.firesteel.memory.Scope;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Constants of a kernel that is only timed: memory of the right size. Floating-point constants hold random numbers instead of their
 * values, so that no weights are rearranged; others may be indices and are kept.
 */
final class TimingConstants implements Constants {

    private static final int PATTERN_BYTES = 1 << 20;

    private static final Map<Backend, ByteBuffer> PATTERNS = new ConcurrentHashMap<>();

    private final Backend backend;
    private final Stream stream;
    private final Scope scope;
    private final Trials trials;
    private final EngineConstants exact;

    /**
     * @param stream entered by the calling thread
     * @param scope owns the memory
     */
    TimingConstants(Backend backend, Stream stream, Scope scope, Trials trials, Configurations configurations) {
        this.backend = backend;
        this.stream = stream;
        this.scope = scope;
        this.trials = trials;
        this.exact = new EngineConstants(backend, scope, configurations);
    }

    @Override
    public long prepared(Tensor constant, Object form, long bytes, Preparation preparation) {
        return constant.dataType().isFloatingPoint() ? random(bytes) : exact.prepared(constant, form, bytes, preparation);
    }

    @Override
    public long linear(Tensor constant) {
        return constant.dataType().isFloatingPoint() ? random(constant.byteSize()) : exact.linear(constant);
    }

    @Override
    public Trials trials() {
        return trials;
    }

    @Override
    public Configurations configurations() {
        return exact.configurations();
    }

    private long random(long bytes) {
        Memory memory = scope.own(backend.allocate(Math.max(1, bytes), Backend.MemoryUse.WEIGHTS));
        for (long at = 0; at < bytes; at += PATTERN_BYTES) {
            ByteBuffer pattern = PATTERNS.computeIfAbsent(backend, TimingConstants::smallNumbers).duplicate();
            stream.copyIn(pattern.limit((int) Math.min(PATTERN_BYTES, bytes - at)), memory.address() + at);
        }
        return memory.address();
    }

    /** Halves between -1 and 1, which read as floats or bf16 are small numbers too; in memory that is kept for the next tuning. */
    private static ByteBuffer smallNumbers(Backend backend) {
        ByteBuffer halves = NativeMemory.view(backend.allocateHost(PATTERN_BYTES).address(), PATTERN_BYTES).order(ByteOrder.nativeOrder());
        Random random = new Random(1);
        while (halves.hasRemaining()) {
            int bits = random.nextInt();
            halves.putShort((short) (bits & 0x8000 | (8 + (bits >>> 16 & 7)) << 10 | bits & 0x3ff));
        }
        return halves.flip();
    }
}
