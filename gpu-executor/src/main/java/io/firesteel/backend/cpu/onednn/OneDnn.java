package io.firesteel.backend.cpu.onednn;

import io.firesteel.FiresteelException;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;

/** The native library: loaded once per process, with one engine and one in-order stream that all threads use. */
public final class OneDnn {

    private OneDnn() {}

    /**
     * Why oneDNN cannot be used in this process, in one line that names the remedy; empty when it can.
     */
    public static Optional<String> unavailableReason() {
        return Optional.ofNullable(Library.FAILURE);
    }

    /** The library's version, for example {@code 3.11.0}. */
    public static String version() {
        engine();
        var v = dnnl.dnnl_version();
        return v.major() + "." + v.minor() + "." + v.patch();
    }

    /** The instruction set that kernels are generated for, as oneDNN numbers it. */
    public static String instructionSet() {
        engine();
        return "isa" + Integer.toHexString(dnnl.dnnl_get_effective_cpu_isa());
    }

    /** Whether convolutions and matrix products in bf16 run on bf16 instructions of this processor. */
    public static boolean computesInBf16() {
        engine();
        int isa = dnnl.dnnl_get_effective_cpu_isa();
        return has(isa, dnnl.dnnl_cpu_isa_avx512_core_bf16);
    }

    /** Whether products of bytes are summed exactly by this processor's instructions. */
    public static boolean sumsBytesExactly() {
        engine();
        int isa = dnnl.dnnl_get_effective_cpu_isa();
        return has(isa, dnnl.dnnl_cpu_isa_avx512_core_vnni) || has(isa, dnnl.dnnl_cpu_isa_avx2_vnni);
    }

    private static boolean has(int isa, int bits) {
        return (isa & bits) == bits;
    }

    /** Channels in one block of the blocked layout that this processor prefers: 16 with AVX-512, else 8. */
    public static int channelBlock() {
        engine();
        int isa = dnnl.dnnl_get_effective_cpu_isa();
        return has(isa, dnnl.dnnl_cpu_isa_avx512_core) ? 16 : 8;
    }

    /**
     * Makes the calling thread compute without helper threads. Must be called by every thread before it creates or runs
     * primitives; a second call costs nothing.
     */
    public static void useOneThread() {
        if (Library.SINGLE_THREADED.get() == null) {
            engine();
            OpenMpThreads.useOne();
            Library.SINGLE_THREADED.set(Boolean.TRUE);
        }
    }

    static dnnl_engine engine() {
        if (Library.FAILURE != null) {
            throw FiresteelException.device("CPU_LIBRARY_MISSING", Library.FAILURE, Library.CAUSE);
        }
        return Library.ENGINE;
    }

    static dnnl_stream stream() {
        return Library.STREAM;
    }

    static void check(int status, String what) {
        if (status == dnnl.dnnl_success) {
            return;
        }
        if (status == dnnl.dnnl_out_of_memory) {
            throw FiresteelException.resource("CPU_OUT_OF_MEMORY", "oneDNN ran out of memory in " + what);
        }
        throw FiresteelException.device("CPU_KERNEL_FAILED", "oneDNN failed in " + what + " with status "
                + status, null);
    }

    /** Holds what loading gave, so that a failure is remembered instead of being thrown from a static initializer. */
    private static final class Library {
        static final ThreadLocal<Boolean> SINGLE_THREADED = new ThreadLocal<>();
        static final dnnl_engine ENGINE;
        static final dnnl_stream STREAM;
        static final String FAILURE;
        static final Throwable CAUSE;

        static {
            dnnl_engine engine = null;
            dnnl_stream stream = null;
            String failure = null;
            Throwable cause = null;
            // JavaCPP would count the whole process, Spark's heap included, against a multiple of -Xmx and then throw.
            System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
            System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
            try {
                Loader.load(dnnl.class);
                engine = new dnnl_engine();
                check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0), "dnnl_engine_create");
                stream = new dnnl_stream();
                check(dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_in_order), "dnnl_stream_create");
                OpenMpThreads.useOne();
            } catch (LinkageError | RuntimeException e) {
                cause = e;
                failure = "oneDNN's native library does not load on " + System.getProperty("os.name") + " "
                        + System.getProperty("os.arch") + " (" + e.getMessage() + "): put org.bytedeco dnnl, javacpp and opencl"
                        + " with the classifier of this platform on the class path, or use the reference backend";
            }
            ENGINE = engine;
            STREAM = stream;
            FAILURE = failure;
            CAUSE = cause;
        }
    }
}
