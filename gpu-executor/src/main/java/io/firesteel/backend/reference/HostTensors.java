package io.firesteel.backend.reference;

import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;

/** Tensors over native memory that someone else owns. */
public final class HostTensors {

    private static final long SEGMENT = 1L << 30;

    private HostTensors() { }

    /** A row-major tensor at an address; the memory must outlive it. */
    public static Tensor view(TensorType type, long address) {
        return Tensor.wrapSegments(type.dataType(), type.shape().sizes(), segments(address, type.byteSize()));
    }

    /** Writes a tensor's elements row-major to an address. */
    public static void store(Tensor tensor, long address) {
        long at = address;
        for (ByteBuffer segment : tensor.segments()) {
            int bytes = segment.remaining();
            NativeMemory.view(at, bytes).put(segment);
            at += bytes;
        }
    }

    private static ByteBuffer[] segments(long address, long bytes) {
        int count = (int) Math.max(1, (bytes + SEGMENT - 1) / SEGMENT);
        ByteBuffer[] segments = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            segments[i] = NativeMemory.view(address + i * SEGMENT, (int) Math.min(SEGMENT, bytes - i * SEGMENT));
        }
        return segments;
    }
}
