package io.firesteel.backend;

/** A block of device memory, released by closing it. */
public interface Memory extends AutoCloseable {

    /** The address of its first byte on the device. */
    long address();

    /** Its size. */
    long bytes();

    @Override
    void close();
}
