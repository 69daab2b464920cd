package io.firesteel.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {

    @Test
    void blocksAreAlignedAndCounted() {
        long before = NativeMemory.liveBytes();
        try (NativeMemory small = NativeMemory.allocate(100); NativeMemory large = NativeMemory.allocate(20 << 20)) {
            assertThat(small.address() % 64).isZero();
            assertThat(large.address() % (2 << 20)).isZero();
            assertThat(NativeMemory.liveBytes()).isEqualTo(before + 100 + (20 << 20));
        }
        assertThat(NativeMemory.liveBytes()).isEqualTo(before);
    }

    @Test
    void viewsReadAndWriteTheMemory() {
        try (NativeMemory memory = NativeMemory.allocate(64)) {
            ByteBuffer view = NativeMemory.view(memory.address(), 64);
            for (int i = 0; i < 8; i++) {
                view.putLong(i * 8, i + 1);
            }
            assertThat(view.capacity()).isEqualTo(64);
            assertThat(NativeMemory.addressOf(view.position(16))).isEqualTo(memory.address() + 16);
            assertThat(NativeMemory.view(memory.address() + 16, 8).getLong(0)).isEqualTo(3);
            NativeMemory.copy(memory.address(), memory.address() + 32, 8);
            NativeMemory.clear(memory.address(), 8);
            assertThat(view.getLong(32)).isEqualTo(1);
            assertThat(view.getLong(0)).isZero();
        }
    }

    @Test
    void heapBuffersHaveNoAddress() {
        assertThatThrownBy(() -> NativeMemory.addressOf(ByteBuffer.allocate(8))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tooMuchIsAResourceError() {
        assertThatThrownBy(() -> NativeMemory.allocate(Long.MAX_VALUE - 1000))
                .isInstanceOfSatisfying(FiresteelException.class, e -> assertThat(e.kind()).isEqualTo(FiresteelException.Kind.RESOURCE));
    }
}
