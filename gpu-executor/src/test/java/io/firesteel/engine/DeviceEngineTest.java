package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backends;
import io.firesteel.plan.Plan;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Engines on a GPU. */
@Tag("gpu")
class DeviceEngineTest {

    private static final EngineOptions OPTIONS = EngineOptions.defaults().withBuckets(List.of(1, 4, 16));

    private static Engine open(Plan plan) {
        return Engine.open(plan, Backends.device("cuda"), OPTIONS);
    }

    @Test
    void everyNumberOfRowsGivesTheEvaluatorsResult() {
        Plan plan = Networks.twoLayers();
        try (Engine engine = open(plan)) {
            for (int repetition = 0; repetition < 3; repetition++) {
                for (int rows : new int[] {1, 2, 3, 4, 5, 7, 16, 17, 37}) {
                    Tensor x = Networks.random(rows, rows, 6);
                    ByteBuffer y = Networks.direct(rows * 3);
                    engine.run(rows, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
                    float[] expected = ((Tensor) ReferenceEvaluator.run(plan.graph(), List.of(x)).get(0)).toFloats();
                    assertThat(Networks.floats(y)).as("%d rows", rows).containsExactly(expected, Offset.offset(1e-5f));
                }
            }
            assertThat(engine.hostOperators()).isEmpty();
        }
    }

    @Test
    void manyThreadsGiveTheSameBits() throws Exception {
        Plan plan = Networks.twoLayers();
        Tensor x = Networks.random(9, 21, 6);
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try (Engine engine = open(plan)) {
            ByteBuffer first = Networks.direct(21 * 3);
            engine.run(21, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {first});
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 200; i++) {
                        ByteBuffer y = Networks.direct(21 * 3);
                        engine.run(21, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
                        assertThat(Networks.floats(y)).containsExactly(Networks.floats(first));
                    }
                }));
            }
            for (Future<?> task : all) {
                task.get();
            }
        } finally {
            threads.shutdown();
        }
    }
}
