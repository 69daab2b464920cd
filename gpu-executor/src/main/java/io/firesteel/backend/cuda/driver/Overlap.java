package io.firesteel.backend.cuda.driver;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Programmatic dependent launch: a kernel's blocks come to the multiprocessors while the kernel before it still runs, and wait there for
 * its results. Kernels that begin with {@link #WAIT}, or wait after they have read constants alone, can be launched so.
 *
 * <p>A block announces first that the next kernel may come, then waits. The next one's blocks come only when all blocks of this one are
 * running or have ended, so they never hold it up; and as every kernel waits until the one before it has ended, all that ran before
 * has ended too.
 */
final class Overlap {

    /** The compute capability that has it. */
    static final int ARCHITECTURE = 9;

    private static final String INSTRUCTION = "griddepcontrol.wait";
    private static final String WAIT = " asm volatile(\"griddepcontrol.launch_dependents;\\n" + INSTRUCTION + ";\" ::: \"memory\");";
    private static final Pattern BEGIN = Pattern.compile("extern \"C\" __global__[^{;]*\\{");
    /** Where a source promises that nobody writes what it reads, loads can come before the wait. */
    private static final String NEVER_WRITTEN = "__restrict__";

    private static final String LIBRARY = "libcuda.so.1";
    private static final int CONFIGURATION_BYTES = 56;
    private static final int ATTRIBUTE_BYTES = 72;
    private static final int ATTRIBUTE_VALUE = 8;
    private static final int STREAM_AT = 32;
    private static final int ATTRIBUTES_AT = 40;
    private static final int ATTRIBUTE_COUNT_AT = 48;
    private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;
    private static final int NOT_FOUND = 500;

    private static final Optional<Function> CALL = call();

    private Overlap() { }

    /** A source whose kernels begin by waiting, unless they wait already, or it would not hold back what they read. */
    static String added(String source) {
        return isIn(source) || source.contains(NEVER_WRITTEN) ? source
                : BEGIN.matcher(source).replaceAll(m -> Matcher.quoteReplacement(m.group() + WAIT));
    }

    /** Whether the kernels of a source wait. */
    static boolean isIn(String source) {
        return source.contains(INSTRUCTION);
    }

    /** Whether the driver can launch so. */
    static boolean isAvailable() {
        return CALL.isPresent();
    }

    private static Optional<Function> call() {
        try {
            return Optional.of(NativeLibrary.getInstance(LIBRARY).getFunction("cuLaunchKernelEx"));
        } catch (LinkageError e) {
            return Optional.empty();
        }
    }

    /**
     * Launches a kernel after a kernel.
     *
     * @param sizes of the grid and of a block along x, y and z, and bytes of shared memory
     * @param arguments address of the array of their addresses
     * @return CUDA's status
     */
    static int launch(long function, int[] sizes, long stream, long arguments) {
        if (CALL.isEmpty()) {
            return NOT_FOUND;
        }
        try (NativeMemory memory = NativeMemory.allocate(CONFIGURATION_BYTES + ATTRIBUTE_BYTES)) {
            ByteBuffer view = NativeMemory.view(memory.address(), CONFIGURATION_BYTES + ATTRIBUTE_BYTES);
            for (int i = 0; i < view.capacity(); i++) {
                view.put(i, (byte) 0);
            }
            for (int i = 0; i < sizes.length; i++) {
                view.putInt(i * Integer.BYTES, sizes[i]);
            }
            view.putLong(STREAM_AT, stream);
            view.putLong(ATTRIBUTES_AT, memory.address() + CONFIGURATION_BYTES);
            view.putInt(ATTRIBUTE_COUNT_AT, 1);
            view.putInt(CONFIGURATION_BYTES, PROGRAMMATIC_STREAM_SERIALIZATION);
            view.putInt(CONFIGURATION_BYTES + ATTRIBUTE_VALUE, 1);
            return CALL.get().invokeInt(new Object[] {memory.address(), function, arguments, 0L});
        }
    }
}
