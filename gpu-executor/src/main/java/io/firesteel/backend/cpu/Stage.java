package io.firesteel.backend.cpu;

import io.firesteel.backend.Launch;

/** One operation of a kernel. Immutable, shared by all sessions. */
interface Stage extends AutoCloseable {

    /** Name for listings. */
    String implementation();

    /** Bytes of 64-byte aligned scratch memory, whose content need not outlive the stage. */
    long scratchBytes();

    /** Prepares it on fixed memory. */
    Launch bind(Memory memory);

    @Override
    void close();

    /** The addresses a stage sees. */
    record Memory(long[] inputs, long[] outputs, long temporaries, long scratch) {

        long address(Place place) {
            return place.offset() + switch (place.kind()) {
                case INPUT -> inputs[(int) place.value()];
                case OUTPUT -> outputs[(int) place.value()];
                case TEMPORARY -> temporaries + place.value();
                case CONSTANT -> place.value();
            };
        }
    }

    /**
     * Where an argument lies.
     *
     * @param kind what {@code value} is
     * @param value index of an input or output, offset among the temporaries, or address of a constant
     * @param offset bytes beyond that
     */
    record Place(Kind kind, long value, long offset) {

        /** Kinds of places. */
        enum Kind { INPUT, OUTPUT, TEMPORARY, CONSTANT }

        static Place input(int index) {
            return new Place(Kind.INPUT, index, 0);
        }

        static Place output(int index) {
            return new Place(Kind.OUTPUT, index, 0);
        }

        static Place temporary(long offset) {
            return new Place(Kind.TEMPORARY, offset, 0);
        }

        /** The place so many bytes further. */
        Place plus(long bytes) {
            return new Place(kind, value, offset + bytes);
        }

        static Place constant(long address) {
            return new Place(Kind.CONSTANT, address, 0);
        }
    }
}
