package io.firesteel.backend.cuda.dnn;

import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;

/** Host memory with an address of its own: JCudnn passes attribute values by native address only. */
final class HostBlock {

    private final ByteBuffer bytes;
    private final Pointer pointer;

    HostBlock(int size) {
        bytes = ByteBuffer.allocateDirect(Math.max(8, size)).order(ByteOrder.nativeOrder());
        pointer = new NativePointer(bytes);
    }

    ByteBuffer bytes() {
        return bytes;
    }

    long address() {
        return NativeMemory.addressOf(bytes);
    }

    Pointer pointer() {
        return pointer;
    }

    private static final class NativePointer extends Pointer {
        /** The memory must outlive a call that has nothing but this pointer. */
        @SuppressWarnings("unused")
        private final ByteBuffer memory;

        NativePointer(ByteBuffer memory) {
            super(NativeMemory.addressOf(memory));
            this.memory = memory;
        }
    }
}
