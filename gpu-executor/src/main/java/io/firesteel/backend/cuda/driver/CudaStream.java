package io.firesteel.backend.cuda.driver;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.memory.NativeMemory;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** One session's ordered work on a GPU. Used by one thread at a time. */
public final class CudaStream implements Stream {

    private final CudaContext context;
    private final Handle handle = new Handle();
    private final StagingRing staging;
    private final Map<Class<?>, AutoCloseable> companions = new HashMap<>();
    private final Deque<AutoCloseable> closing = new ArrayDeque<>();
    private boolean closed;
    private boolean recording;
    private boolean afterKernel;

    private static final class Handle extends CUstream {
        long address() {
            return getNativePointer();
        }
    }

    CudaStream(CudaContext context) {
        this.context = context;
        CudaStatus.check(JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
        this.staging = new StagingRing(this);
    }

    /** The GPU. */
    public CudaContext context() {
        return context;
    }

    /** For calls of CUDA's libraries. */
    public CUstream handle() {
        return handle;
    }

    /** For calls that JCuda does not have. */
    long address() {
        return handle.address();
    }

    /** Whether what is launched is being recorded in a graph, which begins or ends with that. */
    void record(boolean begins) {
        recording = begins;
        afterKernel = false;
    }

    /** Notes a launch of a kernel. */
    void launched() {
        afterKernel = true;
    }

    /** Whether a launch now is recorded and comes after a kernel. */
    boolean recordsAfterKernel() {
        return recording && afterKernel;
    }

    /**
     * What a library keeps for each stream, such as its handle with a workspace; made on first use, closed with the stream.
     *
     * @param type the class of the companion, of which there is one
     */
    public <T extends AutoCloseable> T companion(Class<T> type, Function<CudaStream, T> maker) {
        AutoCloseable known = companions.get(type);
        if (known == null) {
            known = maker.apply(this);
            companions.put(type, known);
            closing.push(known);
        }
        return type.cast(known);
    }

    @Override
    public void enter() {
        context.makeCurrent();
    }

    @Override
    public void copyIn(ByteBuffer host, long device) {
        long source = NativeMemory.addressOf(host);
        if (context.isPinned(source, host.remaining())) {
            CudaStatus.check(JCudaDriver.cuMemcpyHtoDAsync(Addresses.device(device), Addresses.pointer(source), host.remaining(), handle),
                    "cuMemcpyHtoDAsync");
        } else {
            staging.copyIn(source, device, host.remaining());
        }
        Reference.reachabilityFence(host);
    }

    @Override
    public void copyOut(long device, ByteBuffer host) {
        long target = NativeMemory.addressOf(host);
        if (context.isPinned(target, host.remaining())) {
            CudaStatus.check(JCudaDriver.cuMemcpyDtoHAsync(Addresses.pointer(target), Addresses.device(device), host.remaining(), handle),
                    "cuMemcpyDtoHAsync");
        } else {
            staging.copyOut(device, host, target);
        }
        Reference.reachabilityFence(host);
    }

    /** Can be recorded in a graph. */
    @Override
    public void copy(long source, long target, long bytes) {
        afterKernel = false;
        CudaStatus.check(JCudaDriver.cuMemcpyDtoDAsync(Addresses.device(target), Addresses.device(source), bytes, handle),
                "cuMemcpyDtoDAsync");
    }

    @Override
    public void clear(long address, long bytes) {
        afterKernel = false;
        CudaStatus.check(JCudaDriver.cuMemsetD8Async(Addresses.device(address), (byte) 0, bytes, handle), "cuMemsetD8Async");
    }

    @Override
    public Launch sequence(List<Launch> launches) {
        return new CudaGraph(this, launches, false);
    }

    @Override
    public Launch sequence(List<Launch> launches, long bytes) {
        return new CudaGraph(this, launches, bytes > context.device().cacheBytes());
    }

    @Override
    public void synchronize() {
        staging.flush();
        CudaStatus.check(JCudaDriver.cuStreamSynchronize(handle), "cuStreamSynchronize");
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        context.makeCurrent();
        while (!closing.isEmpty()) {
            try {
                closing.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("closing a stream failed", e);
            }
        }
        staging.close();
        CudaStatus.checkRelease(JCudaDriver.cuStreamDestroy(handle), "cuStreamDestroy");
    }
}
