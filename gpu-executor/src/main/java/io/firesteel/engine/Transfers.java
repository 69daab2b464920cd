package io.firesteel.engine;

import io.firesteel.backend.Stream;
import io.firesteel.backend.reference.HostTensors;
import io.firesteel.memory.NativeMemory;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.ByteBuffer;

/** Copies whole tensors between the heap and a device; not for the path of each batch. */
final class Transfers {

    private static final int PIECE = 1 << 28;

    private final Stream stream;
    private final boolean hostMemory;

    Transfers(Stream stream, boolean hostMemory) {
        this.stream = stream;
        this.hostMemory = hostMemory;
    }

    /** Writes a tensor's elements, row-major. */
    void write(Tensor tensor, long address) {
        if (hostMemory) {
            HostTensors.store(tensor, address);
            return;
        }
        try (NativeMemory staging = NativeMemory.allocate(Math.max(1, tensor.byteSize()))) {
            HostTensors.store(tensor, staging.address());
            for (long at = 0; at < tensor.byteSize(); at += PIECE) {
                stream.copyIn(NativeMemory.view(staging.address() + at, (int) Math.min(PIECE, tensor.byteSize() - at)), address + at);
            }
            stream.synchronize();
        }
    }

    /** A copy of a row-major tensor. */
    Tensor read(TensorType type, long address) {
        Tensor copy = Tensor.zeros(type.dataType(), type.shape().sizes());
        if (hostMemory) {
            stream.synchronize();
            fill(copy, address);
            return copy;
        }
        try (NativeMemory staging = NativeMemory.allocate(Math.max(1, copy.byteSize()))) {
            for (long at = 0; at < copy.byteSize(); at += PIECE) {
                stream.copyOut(address + at, NativeMemory.view(staging.address() + at, (int) Math.min(PIECE, copy.byteSize() - at)));
            }
            stream.synchronize();
            fill(copy, staging.address());
        }
        return copy;
    }

    private static void fill(Tensor tensor, long address) {
        if (tensor.elements() == 0) {
            return;
        }
        if (tensor.segments().length > 1) {
            throw new IllegalArgumentException(tensor.type() + " is too large for host values");
        }
        ByteBuffer target = tensor.buffer();
        target.put(NativeMemory.view(address, target.remaining()));
    }
}
