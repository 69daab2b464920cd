package io.firesteel.backend.cpu.onednn;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;

/** A tensor of a test in native memory, with reorders to and from row-major fp32. */
final class NativeTensor {

    final MemoryDesc desc;
    private final ByteBuffer memory;

    NativeTensor(MemoryDesc desc) {
        this.desc = desc;
        this.memory = allocate(desc.bytes());
    }

    static ByteBuffer allocate(long bytes) {
        return ByteBuffer.allocateDirect((int) bytes + 128).alignedSlice(64).order(ByteOrder.nativeOrder());
    }

    static long address(ByteBuffer buffer) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
    }

    /** Random values in [-1, 1) in the given layout. */
    static NativeTensor random(MemoryDesc desc, long seed) {
        NativeTensor t = new NativeTensor(desc);
        t.set(randomValues(desc, seed));
        return t;
    }

    static float[] randomValues(MemoryDesc desc, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count(desc)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    static int count(MemoryDesc desc) {
        long n = 1;
        for (long d : desc.dims()) {
            n *= d;
        }
        return (int) n;
    }

    long address() {
        return address(memory);
    }

    void set(float[] rowMajor) {
        NativeTensor plain = plain();
        plain.floats().put(rowMajor);
        reorder(plain, this);
    }

    float[] get() {
        NativeTensor plain = plain();
        reorder(this, plain);
        float[] values = new float[count(desc)];
        plain.floats().get(values);
        return values;
    }

    /** The same values in another layout. */
    NativeTensor as(MemoryDesc other) {
        NativeTensor t = new NativeTensor(other);
        reorder(this, t);
        return t;
    }

    private FloatBuffer floats() {
        return memory.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    private NativeTensor plain() {
        return new NativeTensor(MemoryDesc.rowMajor(ElementType.F32, desc.dims()));
    }

    private static void reorder(NativeTensor from, NativeTensor to) {
        try (Primitive p = Elementwise.reorder(from.desc, to.desc)) {
            run(p, from, to);
        }
    }

    static void run(Primitive primitive, NativeTensor... tensors) {
        long[] addresses = new long[tensors.length];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = tensors[i].address();
        }
        ByteBuffer scratch = allocate(primitive.scratchBytes());
        try (Execution e = primitive.bind(address(scratch), addresses)) {
            e.run();
        }
        Reference.reachabilityFence(scratch);
        Reference.reachabilityFence(tensors);
    }
}
