package io.firesteel.backend.cuda.driver;

import io.firesteel.backend.Memory;
import jcuda.driver.JCudaDriver;

/** A block of device memory. */
public final class DeviceMemory implements Memory {

    private final CudaContext context;
    private final long address;
    private final long bytes;
    private boolean closed;

    DeviceMemory(CudaContext context, long bytes) {
        this.context = context;
        this.bytes = bytes;
        Addresses.Result result = new Addresses.Result();
        CudaStatus.check(JCudaDriver.cuMemAlloc(result, Math.max(1, bytes)), "cuMemAlloc of " + bytes + " bytes");
        this.address = result.address();
    }

    @Override
    public long address() {
        return address;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            context.makeCurrent();
            CudaStatus.checkRelease(JCudaDriver.cuMemFree(Addresses.device(address)), "cuMemFree");
        }
    }
}
