package io.firesteel.backend;

import io.firesteel.plan.Precision;
import java.util.Optional;

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

    /**
     * Summarizes an fp32 tensor in the device's memory for calibration, reading it once; empty where the values are to be copied
     * instead. The kernel's output is the record that {@link TensorSummary#read} understands; it is all zero before.
     */
    default Optional<Kernel> summary(TensorLayout layout, SummaryRequest request) {
        return Optional.empty();
    }

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

    /**
     * Bounds the device memory of this process; what is allocated already stays. Devices whose memory is the host's have no bound.
     *
     * @param fraction of the device's memory, above 0 and at most 1
     */
    default void limitMemory(double fraction) { }

    /** Asked after a call failed: why this process can use the device no more, in one line; empty where it still can. */
    default Optional<String> failure() {
        return Optional.empty();
    }

    @Override
    void close();
}
