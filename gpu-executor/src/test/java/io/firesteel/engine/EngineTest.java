package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Plan;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class EngineTest {

    private static final EngineOptions OPTIONS = EngineOptions.defaults().withBuckets(List.of(1, 4, 16));

    private static float[] expected(Plan plan, Tensor x) {
        return ((Tensor) ReferenceEvaluator.run(plan.graph(), List.of(x)).get(0)).toFloats();
    }

    @Test
    void everyNumberOfRowsGivesTheEvaluatorsResult() {
        Plan plan = Networks.twoLayers();
        try (Engine engine = Networks.reference(plan, OPTIONS)) {
            for (int rows : new int[] {0, 1, 2, 3, 4, 5, 7, 16, 17, 37}) {
                Tensor x = Networks.random(rows, rows, 6);
                ByteBuffer y = Networks.direct(rows * 3);
                engine.run(rows, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
                assertThat(y.position()).isZero();
                assertThat(Networks.floats(y)).as("%d rows", rows).containsExactly(rows == 0 ? new float[0] : expected(plan, x));
            }
        }
    }

    @Test
    void buffersAreUsedFromTheirPositions() {
        Plan plan = Networks.twoLayers();
        Tensor x = Networks.random(5, 2, 6);
        ByteBuffer in = Networks.direct(20);
        in.position(16).put(x.buffer()).position(16);
        ByteBuffer out = Networks.direct(10);
        out.position(8);
        try (Engine engine = Networks.reference(plan, OPTIONS)) {
            engine.run(2, new ByteBuffer[] {in}, new ByteBuffer[] {out});
        }
        assertThat(Networks.floats(out.slice(8, 24))).containsExactly(expected(plan, x));
        assertThat(out.getLong(0)).isZero();
        assertThat(out.getLong(32)).isZero();
    }

    @Test
    void manyThreadsGiveTheSameBits() throws Exception {
        Plan plan = Networks.twoLayers();
        Tensor x = Networks.random(9, 21, 6);
        float[] expected = expected(plan, x);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Engine engine = Networks.reference(plan, OPTIONS.withSessions(3))) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        ByteBuffer y = Networks.direct(21 * 3);
                        engine.run(21, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
                        assertThat(Networks.floats(y)).containsExactly(expected);
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            assertThat(engine.sessionsMade()).isBetween(1, 3);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void closingReleasesAllNativeMemory() {
        long before = Networks.liveBytes();
        try (Engine engine = Networks.reference(Networks.twoLayers(), OPTIONS)) {
            engine.run(5, new ByteBuffer[] {Networks.direct(30)}, new ByteBuffer[] {Networks.direct(15)});
            assertThat(Networks.liveBytes()).isGreaterThan(before);
        }
        assertThat(Networks.liveBytes()).isEqualTo(before);
    }

    @Test
    void nothingIsAllocatedNativelyOnceWarm() {
        try (Engine engine = Networks.reference(Networks.twoLayers(), OPTIONS)) {
            ByteBuffer[] x = {Networks.direct(6 * 21)};
            ByteBuffer[] y = {Networks.direct(3 * 21)};
            engine.run(21, x, y);
            long warm = Networks.liveBytes();
            for (int i = 0; i < 100; i++) {
                engine.run(21, x, y);
            }
            assertThat(Networks.liveBytes()).isEqualTo(warm);
        }
    }

    @Test
    void bucketsWhoseArenaIsTooLargeAreNotUsed() {
        Plan plan = Networks.twoLayers();
        try (Engine engine = Networks.reference(plan, OPTIONS.withArenaLimit(1024))) {
            assertThat(engine.buckets()).containsExactly(1, 4);
        }
        try (Engine engine = Networks.reference(plan, OPTIONS)) {
            assertThat(engine.buckets()).containsExactly(1, 4, 16);
        }
    }

    @Test
    void wrongBuffersAreNamed() {
        try (Engine engine = Networks.reference(Networks.twoLayers(), OPTIONS)) {
            ByteBuffer[] y = {Networks.direct(3)};
            assertThatThrownBy(() -> engine.run(2, new ByteBuffer[] {Networks.direct(6)}, y))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("x").hasMessageContaining("48 bytes");
            assertThatThrownBy(() -> engine.run(1, new ByteBuffer[] {ByteBuffer.allocate(24)}, y))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("direct");
            assertThatThrownBy(() -> engine.run(1, new ByteBuffer[0], y)).isInstanceOf(FiresteelException.class);
        }
    }

    @Test
    void wholeValuesOfAnySizeAreEvaluated() {
        Plan plan = Networks.twoLayers();
        try (Engine engine = Networks.reference(plan, OPTIONS)) {
            Tensor x = Networks.random(3, 11, 6);
            Tensor y = (Tensor) engine.evaluate(List.of(x)).get(0);
            assertThat(y.sizes()).containsExactly(11, 3);
            assertThat(y.toFloats()).containsExactly(expected(plan, x));
            assertThatThrownBy(() -> engine.evaluate(List.of(Networks.random(3, 11, 7))))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("x");
        }
    }
}
