package io.firesteel.backend.cuda.driver;

import io.firesteel.FiresteelException;
import io.firesteel.memory.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;

/** The use of one GPU by this process: the device's primary context. Safe for many threads. */
public final class CudaContext implements AutoCloseable {

    private record Source(String text, List<String> options) { }

    private final CudaDevice device;
    private final CUcontext handle = new CUcontext();
    private final PinnedBlocks pinned = new PinnedBlocks();
    private final KernelCompiler compiler;
    private final Map<Source, CudaModule> modules = new ConcurrentHashMap<>();
    private final Scope scope;
    private final ComputeTurns turns;

    private CudaContext(CudaDevice device) {
        this.device = device;
        CudaStatus.check(JCudaDriver.cuDevicePrimaryCtxRetain(handle, CudaDevice.handle(device.ordinal())), "cuDevicePrimaryCtxRetain");
        this.scope = Scope.root("CUDA context of " + device.name());
        this.turns = scope.own(new ComputeTurns());
        this.compiler = new KernelCompiler(device);
    }

    /**
     * Uses a GPU.
     *
     * @param uuid which one
     * @throws FiresteelException of kind DEVICE where this process does not see it
     */
    public static CudaContext open(UUID uuid) {
        return new CudaContext(CudaDevice.all().stream().filter(d -> d.uuid().equals(uuid)).findFirst().orElseThrow(() ->
                FiresteelException.device("DEVICE_MISSING", "the GPU " + uuid + " is not visible to this process", null)));
    }

    /** The GPU. */
    public CudaDevice device() {
        return device;
    }

    /** Makes the calling thread work on this GPU; cheap when repeated. */
    public void makeCurrent() {
        CudaStatus.check(JCudaDriver.cuCtxSetCurrent(handle), "cuCtxSetCurrent");
    }

    /** The turns of graphs that are large for this GPU. */
    ComputeTurns turns() {
        return turns;
    }

    /** Opens an ordered queue of work. */
    public CudaStream openStream() {
        makeCurrent();
        return new CudaStream(this);
    }

    /**
     * Allocates device memory, aligned to 256 bytes.
     *
     * @throws FiresteelException of kind RESOURCE where there is not enough
     */
    public DeviceMemory allocate(long bytes) {
        makeCurrent();
        return new DeviceMemory(this, bytes);
    }

    /** Allocates host memory that the GPU copies from and to without staging. */
    public PinnedMemory allocatePinned(long bytes) {
        makeCurrent();
        return new PinnedMemory(this, pinned, bytes);
    }

    /** Whether a range of host memory is pinned by {@link #allocatePinned}. */
    boolean isPinned(long address, long bytes) {
        return pinned.contains(address, bytes);
    }

    /**
     * Compiles CUDA C++ for this GPU, without any header file; the result is kept on disk and in memory.
     *
     * @param name a name for messages
     * @param source functions to launch must be {@code extern "C" __global__}
     * @param options further options of the compiler
     */
    public CudaModule compile(String name, String source, String... options) {
        return modules.computeIfAbsent(new Source(source, List.of(options)), s -> {
            makeCurrent();
            CudaModule module = compiler.compile(name, source, s.options);
            synchronized (scope) {
                return scope.own(module);
            }
        });
    }

    /** The version of the run-time compiler, for device keys. */
    public String compilerVersion() {
        return compiler.version();
    }

    /** Free bytes of device memory at this moment. */
    public long freeBytes() {
        makeCurrent();
        long[] free = new long[1];
        CudaStatus.check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
        return free[0];
    }

    /** Why this process can use the GPU no more, in one line; empty where it still can. Waits for the work of all streams. */
    public Optional<String> failure() {
        Optional<String> unusable = CudaStatus.sticky(JCudaDriver.cuCtxSetCurrent(handle), "cuCtxSetCurrent");
        return unusable.isPresent() ? unusable : CudaStatus.sticky(JCudaDriver.cuCtxSynchronize(), "cuCtxSynchronize");
    }

    /** Copies host memory to the device and waits; for preparing constants. */
    public void upload(long host, long address, long bytes) {
        makeCurrent();
        if (bytes > 0) {
            CudaStatus.check(JCudaDriver.cuMemcpyHtoD(Addresses.device(address), Addresses.pointer(host), bytes), "cuMemcpyHtoD");
        }
    }

    /** Sets device memory to zero and waits. */
    public void clear(long address, long bytes) {
        makeCurrent();
        CudaStatus.check(JCudaDriver.cuMemsetD8(Addresses.device(address), (byte) 0, bytes), "cuMemsetD8");
    }

    @Override
    public void close() {
        makeCurrent();
        scope.close();
        CudaStatus.check(JCudaDriver.cuDevicePrimaryCtxRelease(CudaDevice.handle(device.ordinal())), "cuDevicePrimaryCtxRelease");
    }
}
