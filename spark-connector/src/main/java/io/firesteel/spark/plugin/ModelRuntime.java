package io.firesteel.spark.plugin;

import java.nio.ByteBuffer;

/** A model ready to compute on one device of this JVM, shared by its task threads. */
public interface ModelRuntime extends AutoCloseable {

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
