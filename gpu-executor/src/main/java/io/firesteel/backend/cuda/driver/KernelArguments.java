package io.firesteel.backend.cuda.driver;

import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import jcuda.Pointer;

/** The arguments of a launch, packed in native memory; built once, in the order of the function's parameters. */
public final class KernelArguments implements AutoCloseable {

    private static final int SLOT = 16;
    private static final int MOST = 64;
    private static final int VALUES = 4096 + MOST * SLOT;

    private final NativeMemory memory = NativeMemory.allocate(MOST * Long.BYTES + VALUES);
    private final ByteBuffer view = NativeMemory.view(memory.address(), (int) memory.bytes());
    private final Pointer pointers = Addresses.pointer(memory.address());
    private int count;
    private int next = MOST * Long.BYTES;

    /** A device address. */
    public KernelArguments pointer(long address) {
        return int64(address);
    }

    /** An {@code int} or {@code unsigned}. */
    public KernelArguments int32(int value) {
        view.putInt(slot(Integer.BYTES), value);
        return this;
    }

    /** A {@code long long} or {@code unsigned long long}. */
    public KernelArguments int64(long value) {
        view.putLong(slot(Long.BYTES), value);
        return this;
    }

    /** A {@code float}. */
    public KernelArguments float32(float value) {
        view.putFloat(slot(Float.BYTES), value);
        return this;
    }

    /** A structure passed by value, laid out as the device code has it. */
    public KernelArguments structure(byte[] content) {
        view.put(slot(content.length), content);
        return this;
    }

    private int slot(int bytes) {
        if (count == MOST || next + bytes > view.capacity()) {
            throw new IllegalArgumentException("too many kernel arguments");
        }
        int at = next;
        view.putLong(count * Long.BYTES, memory.address() + at);
        count++;
        next += (bytes + SLOT - 1) / SLOT * SLOT;
        return at;
    }

    /** The address of {@link #pointers}. */
    long address() {
        return memory.address();
    }

    /** The array of pointers to the arguments. */
    Pointer pointers() {
        return pointers;
    }

    @Override
    public void close() {
        memory.close();
    }
}
