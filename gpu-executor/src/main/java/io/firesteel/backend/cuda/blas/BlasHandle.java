package io.firesteel.backend.cuda.blas;

import io.firesteel.FiresteelException;
import io.firesteel.backend.cuda.driver.Addresses;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.DeviceMemory;
import io.firesteel.backend.cuda.linkage.CudaLibraries;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/** cuBLAS on one stream, with a workspace of its own so that results do not depend on other streams. */
final class BlasHandle implements AutoCloseable {

    private static final long WORKSPACE_BYTES = 32L << 20;

    private final cublasHandle handle = new cublasHandle();
    private final DeviceMemory workspace;

    private BlasHandle(CudaStream stream) {
        CudaLibraries.require(CudaLibraries.Library.CUBLAS);
        check(JCublas2.cublasCreate(handle), "cublasCreate");
        check(JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle())), "cublasSetStream");
        workspace = stream.context().allocate(WORKSPACE_BYTES);
        check(JCublas2.cublasSetWorkspace(handle, Addresses.pointer(workspace.address()), WORKSPACE_BYTES), "cublasSetWorkspace");
    }

    /** The handle of a stream. */
    static BlasHandle of(CudaStream stream) {
        return stream.companion(BlasHandle.class, BlasHandle::new);
    }

    cublasHandle handle() {
        return handle;
    }

    static void check(int status, String call) {
        if (status == cublasStatus.CUBLAS_STATUS_SUCCESS) {
            return;
        }
        String message = "cuBLAS failed: " + cublasStatus.stringFor(status) + " from " + call;
        if (status == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED) {
            throw FiresteelException.resource("CUDA_OUT_OF_MEMORY", message + "; run smaller batches or fewer sessions");
        }
        throw FiresteelException.device("CUBLAS_ERROR", message, null);
    }

    @Override
    public void close() {
        check(JCublas2.cublasDestroy(handle), "cublasDestroy");
        workspace.close();
    }
}
