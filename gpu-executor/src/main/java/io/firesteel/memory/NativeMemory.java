package io.firesteel.memory;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Memory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Host memory outside the heap, aligned to {@value #ALIGNMENT} bytes and large blocks to huge pages; neither the collector
 * nor {@code -XX:MaxDirectMemorySize} knows of it, so it must be closed.
 */
public final class NativeMemory implements Memory {

    /** Alignment of every block. */
    public static final int ALIGNMENT = 64;

    private static final long HUGE_PAGE = 2L << 20;
    private static final AtomicLong LIVE_BYTES = new AtomicLong();

    private final long allocated;
    private final long address;
    private final long bytes;
    private boolean closed;

    private NativeMemory(long allocated, long address, long bytes) {
        this.allocated = allocated;
        this.address = address;
        this.bytes = bytes;
    }

    /** Allocates; contents are undefined. */
    public static NativeMemory allocate(long bytes) {
        long alignment = bytes >= 4 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
        long allocated;
        try {
            allocated = Raw.allocate(Math.addExact(bytes, alignment));
        } catch (OutOfMemoryError | ArithmeticException e) {
            throw FiresteelException.resource("HOST_OUT_OF_MEMORY", "there are no " + bytes
                    + " bytes of native memory: run a smaller batch, or give the process more memory outside the heap");
        }
        LIVE_BYTES.addAndGet(bytes);
        return new NativeMemory(allocated, allocated + alignment - 1 & -alignment, bytes);
    }

    /** Bytes of all blocks that are not closed. */
    public static long liveBytes() {
        return LIVE_BYTES.get();
    }

    /** The address of a direct buffer's position. */
    public static long addressOf(ByteBuffer direct) {
        if (!direct.isDirect()) {
            throw new IllegalArgumentException("the buffer must be direct");
        }
        return Raw.address(direct) + direct.position();
    }

    /** A little-endian buffer over memory that the caller keeps alive. */
    public static ByteBuffer view(long address, int bytes) {
        return Raw.view(address, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Copies between host addresses. */
    public static void copy(long source, long target, long bytes) {
        Raw.copy(source, target, bytes);
    }

    /** Sets bytes to zero. */
    public static void clear(long target, long bytes) {
        Raw.clear(target, bytes);
    }

    @Override
    public long address() {
        return address;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            LIVE_BYTES.addAndGet(-bytes);
            Raw.free(allocated);
        }
    }

    /** The JDK's own access to native memory, reached by name because {@code sun.misc.Unsafe} has no supported counterpart in Java 17. */
    private static final class Raw {
        private static final MethodHandle ALLOCATE;
        private static final MethodHandle FREE;
        private static final MethodHandle COPY;
        private static final MethodHandle SET;
        private static final MethodHandle GET_LONG;
        private static final MethodHandle PUT_LONG;
        private static final MethodHandle PUT_INT;
        private static final long ADDRESS;
        private static final long CAPACITY;
        private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(1);

        static {
            try {
                Class<?> type = Class.forName("sun.misc.Unsafe");
                Field instance = type.getDeclaredField("theUnsafe");
                instance.setAccessible(true);
                Object unsafe = instance.get(null);
                MethodHandles.Lookup lookup = MethodHandles.publicLookup();
                ALLOCATE = lookup.bind(unsafe, "allocateMemory", MethodType.methodType(long.class, long.class));
                FREE = lookup.bind(unsafe, "freeMemory", MethodType.methodType(void.class, long.class));
                COPY = lookup.bind(unsafe, "copyMemory", MethodType.methodType(void.class, long.class, long.class, long.class));
                SET = lookup.bind(unsafe, "setMemory", MethodType.methodType(void.class, long.class, long.class, byte.class));
                GET_LONG = lookup.bind(unsafe, "getLong", MethodType.methodType(long.class, Object.class, long.class))
                        .asType(MethodType.methodType(long.class, ByteBuffer.class, long.class));
                PUT_LONG = lookup.bind(unsafe, "putLong", MethodType.methodType(void.class, Object.class, long.class, long.class))
                        .asType(MethodType.methodType(void.class, ByteBuffer.class, long.class, long.class));
                PUT_INT = lookup.bind(unsafe, "putInt", MethodType.methodType(void.class, Object.class, long.class, int.class))
                        .asType(MethodType.methodType(void.class, ByteBuffer.class, long.class, int.class));
                MethodHandle offset = lookup.bind(unsafe, "objectFieldOffset", MethodType.methodType(long.class, Field.class));
                ADDRESS = (long) offset.invokeExact(Buffer.class.getDeclaredField("address"));
                CAPACITY = (long) offset.invokeExact(Buffer.class.getDeclaredField("capacity"));
            } catch (Throwable e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        static long allocate(long bytes) {
            try {
                return (long) ALLOCATE.invokeExact(bytes);
            } catch (Throwable e) {
                throw unchecked(e);
            }
        }

        static void free(long address) {
            try {
                FREE.invokeExact(address);
            } catch (Throwable e) {
                throw unchecked(e);
            }
        }

        static void copy(long source, long target, long bytes) {
            try {
                COPY.invokeExact(source, target, bytes);
            } catch (Throwable e) {
                throw unchecked(e);
            }
        }

        static void clear(long target, long bytes) {
            try {
                SET.invokeExact(target, bytes, (byte) 0);
            } catch (Throwable e) {
                throw unchecked(e);
            }
        }

        static long address(ByteBuffer buffer) {
            try {
                return (long) GET_LONG.invokeExact(buffer, ADDRESS);
            } catch (Throwable e) {
                throw unchecked(e);
            }
        }

        static ByteBuffer view(long address, int bytes) {
            ByteBuffer buffer = EMPTY.duplicate();
            try {
                PUT_LONG.invokeExact(buffer, ADDRESS, address);
                PUT_INT.invokeExact(buffer, CAPACITY, bytes);
            } catch (Throwable e) {
                throw unchecked(e);
            }
            buffer.clear();
            return buffer;
        }

        private static RuntimeException unchecked(Throwable e) {
            if (e instanceof Error error) {
                throw error;
            }
            return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
        }
    }
}
