package io.firesteel.backend.cuda.kernel;

/**
 * A pointer that a kernel takes.
 *
 * @param kind whose memory it is
 * @param index which input or output; 0 for others
 * @param offset bytes from its beginning; for constants the address
 */
record Argument(Kind kind, int index, long offset) {

    enum Kind { INPUT, OUTPUT, SCRATCH, CONSTANT }

    static Argument input(int index) {
        return new Argument(Kind.INPUT, index, 0);
    }

    static Argument output(int index) {
        return new Argument(Kind.OUTPUT, index, 0);
    }

    static Argument scratch(long offset) {
        return new Argument(Kind.SCRATCH, 0, offset);
    }

    static Argument constant(long address) {
        return new Argument(Kind.CONSTANT, 0, address);
    }

    Argument plus(long bytes) {
        return new Argument(kind, index, offset + bytes);
    }

    /** The address in one session's memory; 0 for what is absent. */
    long address(long[] inputs, long[] outputs, long scratch) {
        long base = switch (kind) {
            case INPUT -> inputs[index];
            case OUTPUT -> outputs[index];
            case SCRATCH -> scratch;
            case CONSTANT -> 0;
        };
        return base == 0 && kind != Kind.CONSTANT && kind != Kind.SCRATCH ? 0 : base + offset;
    }
}
