package io.firesteel.backend.cuda.driver;

import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** A point in a stream. */
public final class CudaEvent implements AutoCloseable {

    private static final int DISABLE_TIMING = 2;

    private final CUevent handle = new CUevent();

    private CudaEvent(int flags) {
        CudaStatus.check(JCudaDriver.cuEventCreate(handle, flags), "cuEventCreate");
    }

    /** One to measure times with; the stream's context must be current. */
    public static CudaEvent timing() {
        return new CudaEvent(0);
    }

    /** One to wait for only. */
    public static CudaEvent waiting() {
        return new CudaEvent(DISABLE_TIMING);
    }

    /** Records the stream's present end. */
    public void record(CudaStream stream) {
        CudaStatus.check(JCudaDriver.cuEventRecord(handle, stream.handle()), "cuEventRecord");
    }

    /** Lets what comes next on a stream wait for the recorded work; for nothing where none was recorded. */
    void awaitedBy(CudaStream stream) {
        CudaStatus.check(JCudaDriver.cuStreamWaitEvent(stream.handle(), handle, 0), "cuStreamWaitEvent");
    }

    /** Waits until the recorded work is done. */
    public void synchronize() {
        CudaStatus.check(JCudaDriver.cuEventSynchronize(handle), "cuEventSynchronize");
    }

    /** Milliseconds of GPU time from an earlier event to this; both must be done. */
    public float millisSince(CudaEvent earlier) {
        float[] millis = new float[1];
        CudaStatus.check(JCudaDriver.cuEventElapsedTime(millis, earlier.handle, handle), "cuEventElapsedTime");
        return millis[0];
    }

    @Override
    public void close() {
        CudaStatus.checkRelease(JCudaDriver.cuEventDestroy(handle), "cuEventDestroy");
    }
}
