package io.firesteel.backend.cuda.driver;

/**
 * Lets graphs of several streams compute one after the other. Side by side they would evict each other's data from the GPU's cache
 * and take longer; copies between host and device still overlap them. Safe for use by many threads.
 */
final class ComputeTurns implements AutoCloseable {

    private CudaEvent last;

    /** Lets work that is put on a stream begin when what had the last turn is done. The stream's context must be current. */
    synchronized void take(CudaStream stream, Runnable work) {
        if (last == null) {
            last = CudaEvent.waiting();
        }
        last.awaitedBy(stream);
        work.run();
        last.record(stream);
    }

    @Override
    public synchronized void close() {
        if (last != null) {
            last.close();
        }
    }
}
