package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Device;
import io.firesteel.backend.Memory;
import io.firesteel.plan.Plan;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Devices whose memory runs out. */
class OutOfMemoryTest {

    /** A device that refuses large arenas. */
    private static final class Small extends HostDevice {
        private final long largest;
        private int refused;

        Small(long largest) {
            this.largest = largest;
        }

        @Override
        public Memory allocate(long bytes, MemoryUse use) {
            if (use == MemoryUse.ARENA && bytes > largest) {
                refused++;
                throw FiresteelException.resource("CUDA_OUT_OF_MEMORY", bytes + " bytes are too many");
            }
            return super.allocate(bytes, use);
        }
    }

    /** A device with memory of its own. */
    private static final class Far extends HostDevice {
        private int allocations;

        @Override
        public Device device() {
            return new Device("far", 0, "device with memory of its own", "far", false);
        }

        @Override
        public Memory allocate(long bytes, MemoryUse use) {
            allocations++;
            return super.allocate(bytes, use);
        }
    }

    @Test
    void batchesAreSplitAndTheSafeSizeRemembered() {
        Plan plan = Networks.twoLayers();
        EngineOptions options = EngineOptions.defaults().withBuckets(List.of(1, 4, 16, 64)).withSessions(1);
        long largest;
        try (Engine engine = Networks.reference(plan, options)) {
            largest = engine.program(4).arenaBytes();
        }
        Small device = new Small(largest);
        Tensor x = Networks.random(3, 70, 6);
        try (Engine engine = new Engine(plan, device, options)) {
            for (int i = 0; i < 3; i++) {
                ByteBuffer y = Networks.direct(70 * 3);
                engine.run(70, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
                assertThat(Networks.floats(y)).containsExactly(
                        ((Tensor) ReferenceEvaluator.run(plan.graph(), List.of(x)).get(0)).toFloats());
            }
            assertThat(engine.buckets()).containsExactly(1, 4);
        }
        assertThat(device.refused).isEqualTo(2);
    }

    @Test
    void withoutASmallerSizeTheErrorIsTheUsers() {
        Small device = new Small(16);
        try (Engine engine = new Engine(Networks.twoLayers(), device, EngineOptions.defaults().withBuckets(List.of(1)).withSessions(1))) {
            assertThatThrownBy(() -> engine.run(1, new ByteBuffer[] {Networks.direct(6)}, new ByteBuffer[] {Networks.direct(3)}))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("too many");
        }
    }

    @Test
    void bucketsAreChosenWithoutMakingKernels() {
        Far device = new Far();
        EngineOptions options = EngineOptions.defaults().withBuckets(List.of(1, 4, 16)).withBucket(6).withSessions(1);
        try (Engine engine = new Engine(Networks.twoLayers(), device, options)) {
            assertThat(engine.buckets()).containsExactly(1, 4, 6, 16);
            assertThat(device.allocations).isZero();
        }
        try (Engine engine = new Engine(Networks.twoLayers(), device, options.withArenaLimit(64))) {
            assertThat(engine.buckets()).containsExactly(1, 4, 6);
        }
    }

    @Test
    void tensorsOfMoreElementsThanKernelsCountAreRefused() {
        Far device = new Far();
        try (Engine engine = new Engine(Networks.twoLayers(), device, EngineOptions.defaults().withBuckets(List.of(1)).withSessions(1))) {
            assertThatThrownBy(() -> engine.program(400_000_000)).isInstanceOf(FiresteelException.class)
                    .hasMessageContaining("2400000000 elements").hasMessageContaining("fewer rows");
        }
    }
}
