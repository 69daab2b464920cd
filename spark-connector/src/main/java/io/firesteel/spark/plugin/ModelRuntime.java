package io.firesteel.spark.plugin;

import io.firesteel.backend.Memory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** A model ready to compute on one device of this JVM, shared by its task threads. */
public interface ModelRuntime extends AutoCloseable {

    /** Rows of one run of the engine, ascending: a batch of such a size, or several times one, needs no padding. */
    List<Integer> buckets();

    /**
     * Whether the device computes beside the host's processors, so that a task gains by staging its next batch meanwhile.
     */
    boolean computesBeside();

    /** Host memory that the device copies from and to fastest, given back by closing it; empty where any memory will do. */
    Optional<Memory> hostMemory(long bytes);

    /** Has the kernels chosen and made that a batch of so many rows needs; waits where another task is at it. */
    void prepare(int rows);

    /**
     * Computes one batch.
     *
     * @param rows rows of the batch
     * @param inputs the inputs in the signature's order: direct, little endian, dense, {@code rows} rows each
     * @param outputs where the outputs go, likewise
     */
    void run(int rows, ByteBuffer[] inputs, ByteBuffer[] outputs);

    /** Gives back this user's share. */
    @Override
    void close();
}
