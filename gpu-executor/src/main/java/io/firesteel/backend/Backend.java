package io.firesteel.backend;

import io.firesteel.plan.Precision;

/** One opened device. Safe for use by many threads. */
public interface Backend extends AutoCloseable {

    /** What memory is for; a backend may align or place it accordingly. */
    enum MemoryUse {
        /** Prepared constants: written once, read by all sessions. */
        WEIGHTS,
        /** Intermediate tensors and kernel scratch of one session. */
        ARENA
    }

    /** The device. */
    Device device();

    /** The precision this device computes in where a plan permits {@code permitted}. */
    Precision precision(Precision permitted);

    /** How a layer can be computed here; the layer's shapes are static. Offering is cheap: no kernel is made yet. */
    Offer offer(Layer layer);

    /**
     * Converts between layouts of one tensor: format, element type (rounding to nearest even), or both. Every backend converts
     * between {@link TensorFormat#LINEAR} and each layout its tactics name, slices included where its tactics accept slices.
     */
    Kernel reorder(TensorLayout from, TensorLayout to);

    /** Opens an ordered queue of work, one for each session. */
    Stream openStream();

    /**
     * Allocates device memory, aligned to at least 64 bytes. Contents are undefined.
     *
     * @throws io.firesteel.FiresteelException of kind RESOURCE where there is not enough
     */
    Memory allocate(long bytes, MemoryUse use);

    /** Allocates host memory that {@link Stream#copyIn} and {@link Stream#copyOut} are fastest with. Contents are undefined. */
    Memory allocateHost(long bytes);

    @Override
    void close();
}
