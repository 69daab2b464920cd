package io.firesteel.backend.cuda.driver;

import io.firesteel.backend.Memory;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import jcuda.driver.JCudaDriver;

/** Host memory that the GPU reads and writes itself. */
public final class PinnedMemory implements Memory {

    private final CudaContext context;
    private final PinnedBlocks blocks;
    private final long address;
    private final long bytes;
    private boolean closed;

    PinnedMemory(CudaContext context, PinnedBlocks blocks, long bytes) {
        this.context = context;
        this.blocks = blocks;
        this.bytes = bytes;
        Addresses.HostResult result = new Addresses.HostResult();
        CudaStatus.check(JCudaDriver.cuMemHostAlloc(result, Math.max(1, bytes), JCudaDriver.CU_MEMHOSTALLOC_PORTABLE),
                "cuMemHostAlloc of " + bytes + " bytes");
        this.address = result.address();
        blocks.add(address, bytes);
    }

    /** The host address of its first byte. */
    @Override
    public long address() {
        return address;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /** Little-endian view of a part; valid until this is closed. */
    public ByteBuffer view(long offset, int length) {
        return NativeMemory.view(address + offset, length);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            blocks.remove(address);
            context.makeCurrent();
            CudaStatus.checkRelease(JCudaDriver.cuMemFreeHost(Addresses.pointer(address)), "cuMemFreeHost");
        }
    }
}
