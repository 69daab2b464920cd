package io.firesteel.backend.cuda.kernel;

import java.util.List;

/**
 * One launch of one generated kernel; everything but the addresses is compiled in.
 *
 * @param entry the kernel's name in the source
 * @param source CUDA C++ without the prelude
 * @param gridX blocks
 * @param gridY blocks along the second axis
 * @param gridZ blocks along the third axis
 * @param threads threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param arguments the kernel's pointers, in order
 */
record KernelCall(String entry, String source, long gridX, int gridY, int gridZ, int threads, int sharedBytes,
        List<Argument> arguments) {

    private static final long LIMIT = Integer.MAX_VALUE;

    KernelCall {
        arguments = List.copyOf(arguments);
        if (gridX > LIMIT || gridY > 65535 || gridZ > 65535) {
            throw new IllegalArgumentException(entry + " needs " + gridX + " x " + gridY + " x " + gridZ + " blocks");
        }
    }

    KernelCall(String entry, String source, long blocks, int threads, List<Argument> arguments) {
        this(entry, source, blocks, 1, 1, threads, 0, arguments);
    }

    /** The text to compile. */
    String text() {
        return Prelude.TEXT + source;
    }
}
