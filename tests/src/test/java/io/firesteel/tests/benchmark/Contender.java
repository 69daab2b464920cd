package io.firesteel.tests.benchmark;

import java.nio.ByteBuffer;

/** A runtime with one network loaded, ready for its callers. */
interface Contender extends AutoCloseable {

    /** What it is called in listings. */
    String name();

    /** How many threads call it at a time, each with its own number from 0. */
    int callers();

    /** Computes one batch for a caller. */
    void run(int caller);

    /** What a caller's last batch gave for output {@code index}: floats, row-major, little endian. */
    ByteBuffer output(int caller, int index);

    @Override
    void close();
}
