package io.firesteel.backend.cuda;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cuda.driver.CudaStream;

/** A kernel from what it does on a CUDA stream. */
public final class CudaKernel implements Kernel {

    /** Binds launches; see {@link Kernel#bind}. */
    @FunctionalInterface
    public interface Binding {
        /** See {@link Kernel#bind}. */
        Launch bind(CudaStream stream, long[] inputs, long[] outputs, long scratch);
    }

    private final String implementation;
    private final long scratchBytes;
    private final Binding binding;

    /**
     * @param implementation see {@link Kernel#implementation}
     * @param scratchBytes see {@link Kernel#scratchBytes}
     */
    public CudaKernel(String implementation, long scratchBytes, Binding binding) {
        this.implementation = implementation;
        this.scratchBytes = scratchBytes;
        this.binding = binding;
    }

    @Override
    public String implementation() {
        return implementation;
    }

    @Override
    public long scratchBytes() {
        return scratchBytes;
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        return binding.bind((CudaStream) stream, inputs, outputs, scratch);
    }
}
