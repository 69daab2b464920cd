package io.firesteel.backend.cuda.driver;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Loaded device code. Owned by its context. */
public final class CudaModule implements AutoCloseable {

    private final CUmodule handle = new CUmodule();
    private final Map<String, CudaFunction> functions = new ConcurrentHashMap<>();

    CudaModule(byte[] image) {
        CudaStatus.check(JCudaDriver.cuModuleLoadData(handle, image), "cuModuleLoadData");
    }

    /** A function by its unmangled name. */
    public CudaFunction function(String name) {
        return functions.computeIfAbsent(name, n -> {
            CUfunction function = new CUfunction();
            CudaStatus.check(JCudaDriver.cuModuleGetFunction(function, handle, n), "cuModuleGetFunction of " + n);
            return new CudaFunction(n, function);
        });
    }

    @Override
    public void close() {
        CudaStatus.checkRelease(JCudaDriver.cuModuleUnload(handle), "cuModuleUnload");
    }
}
