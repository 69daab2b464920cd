package io.firesteel.backend.cuda.driver;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Loaded device code. Owned by its context. */
public final class CudaModule implements AutoCloseable {

    private final CUmodule handle = new CUmodule();
    private final boolean overlaps;
    private final Map<String, CudaFunction> functions = new ConcurrentHashMap<>();

    /** @param overlaps whether each function waits itself for the kernel before it; see {@link Overlap} */
    CudaModule(byte[] image, boolean overlaps) {
        this.overlaps = overlaps;
        CudaStatus.check(JCudaDriver.cuModuleLoadData(handle, image), "cuModuleLoadData");
    }

    /** A function by its unmangled name. */
    public CudaFunction function(String name) {
        return functions.computeIfAbsent(name, n -> {
            CudaFunction.Handle function = new CudaFunction.Handle();
            CudaStatus.check(JCudaDriver.cuModuleGetFunction(function, handle, n), "cuModuleGetFunction of " + n);
            return new CudaFunction(n, function, overlaps);
        });
    }

    @Override
    public void close() {
        CudaStatus.checkRelease(JCudaDriver.cuModuleUnload(handle), "cuModuleUnload");
    }
}
