package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.cuda.driver.CudaStream;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.runtime.cudaStream_t;

/** cuDNN's state for one stream; a companion of that stream and used by its thread. */
final class DnnHandle implements AutoCloseable {

    /** Exposes the native address, which descriptors hold. */
    private static final class Native extends cudnnHandle {
        long address() {
            return getNativePointer();
        }
    }

    private final Native handle = new Native();

    private DnnHandle(CudaStream stream) {
        DnnStatus.check(JCudnn.cudnnCreate(handle), "open the device");
        DnnStatus.check(JCudnn.cudnnSetStream(handle, new cudaStream_t(stream.handle())), "use a stream");
    }

    /** The handle that works on a stream, whose context must be current. */
    static DnnHandle of(CudaStream stream) {
        return stream.companion(DnnHandle.class, DnnHandle::new);
    }

    long address() {
        return handle.address();
    }

    /** Puts a plan on the stream. */
    void execute(Descriptor plan, Descriptor pack) {
        int status = JCudnn.cudnnBackendExecute(handle, plan.handle(), pack.handle());
        if (status != 0) {
            DnnStatus.check(status, "execute a plan");
        }
    }

    @Override
    public void close() {
        DnnStatus.check(JCudnn.cudnnDestroy(handle), "close the device");
    }
}
