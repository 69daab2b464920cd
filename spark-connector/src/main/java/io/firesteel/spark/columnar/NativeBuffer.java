package io.firesteel.spark.columnar;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** A block of native memory that lives as long as the task that made it. */
final class NativeBuffer implements AutoCloseable {

    private ArrowBuf memory;

    NativeBuffer(BufferAllocator allocator, long bytes) {
        this.memory = allocator.buffer(Math.max(bytes, Long.BYTES));
    }

    long address() {
        return memory.memoryAddress();
    }

    /** The first bytes as a direct little-endian buffer. */
    ByteBuffer view(int bytes) {
        return view(memory, 0, bytes);
    }

    /** Rows {@code from} to {@code from + rows} as a direct little-endian buffer. */
    ByteBuffer view(int from, int rows, int rowBytes) {
        return view(memory, (long) from * rowBytes, Math.multiplyExact(rows, rowBytes));
    }

    /** A part of Arrow memory as a direct little-endian buffer. */
    static ByteBuffer view(ArrowBuf memory, long offset, int bytes) {
        return memory.nioBuffer(offset, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
            memory = null;
        }
    }
}
