package io.firesteel.spark.columnar;

import io.firesteel.backend.Memory;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** A block of native memory that lives as long as the task that made it. */
final class NativeBuffer implements AutoCloseable {

    private final long address;
    private Runnable release;

    NativeBuffer(BufferAllocator allocator, long bytes) {
        ArrowBuf memory = allocator.buffer(Math.max(bytes, Long.BYTES));
        this.address = memory.memoryAddress();
        this.release = memory::close;
    }

    /** Of memory that others provide, closed with this. */
    NativeBuffer(Memory memory) {
        this.address = memory.address();
        this.release = memory::close;
    }

    long address() {
        return address;
    }

    /** The first bytes as a direct little-endian buffer. */
    ByteBuffer view(int bytes) {
        return NativeMemory.view(address, bytes);
    }

    /** Rows {@code from} to {@code from + rows} as a direct little-endian buffer. */
    ByteBuffer view(int from, int rows, int rowBytes) {
        return NativeMemory.view(address + (long) from * rowBytes, Math.multiplyExact(rows, rowBytes));
    }

    /** A part of Arrow memory as a direct little-endian buffer. */
    static ByteBuffer view(ArrowBuf memory, long offset, int bytes) {
        return memory.nioBuffer(offset, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        if (release != null) {
            release.run();
            release = null;
        }
    }
}
