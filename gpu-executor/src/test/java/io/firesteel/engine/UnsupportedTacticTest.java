package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Offer;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.plan.Plan;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Devices whose library cannot compute what it was expected to. */
class UnsupportedTacticTest {

    /** A device that prefers what turns out not to be supported. */
    private static final class Hopeful extends HostDevice {
        private final boolean alternatives;
        private final AtomicInteger refused = new AtomicInteger();

        Hopeful(boolean alternatives) {
            this.alternatives = alternatives;
        }

        @Override
        public Offer offer(Layer layer) {
            List<Tactic> tactics = new ArrayList<>();
            for (Tactic tactic : super.offer(layer).tactics()) {
                tactics.add(new RecipeTactic("hopeful", tactic.inputs().toArray(TensorLayout[]::new),
                        tactic.outputs().toArray(TensorLayout[]::new), (operands, constants) -> {
                            refused.incrementAndGet();
                            throw FiresteelException.device(Tactic.UNSUPPORTED, "no engine", null);
                        }).cost(tactic.cost() / 2));
                if (alternatives) {
                    tactics.add(tactic);
                }
            }
            return Offer.of(tactics);
        }
    }

    private static final EngineOptions ONE_ROW = EngineOptions.defaults().withBuckets(List.of(1)).withSessions(1);

    @Test
    void anotherTacticIsTaken() {
        Plan plan = Networks.twoLayers();
        Hopeful device = new Hopeful(true);
        Tensor x = Networks.random(3, 1, 6);
        try (Engine engine = new Engine(plan, device, ONE_ROW)) {
            ByteBuffer y = Networks.direct(3);
            engine.run(1, new ByteBuffer[] {Networks.direct(x)}, new ByteBuffer[] {y});
            assertThat(Networks.floats(y)).containsExactly(((Tensor) ReferenceEvaluator.run(plan.graph(), List.of(x)).get(0)).toFloats());
            assertThat(device.refused).hasValue(engine.program(1).steps().size());
        }
    }

    @Test
    void withoutAnotherTheReasonIsTheError() {
        try (Engine engine = new Engine(Networks.twoLayers(), new Hopeful(false), ONE_ROW)) {
            assertThatThrownBy(() -> engine.run(1, new ByteBuffer[] {Networks.direct(6)}, new ByteBuffer[] {Networks.direct(3)}))
                    .isInstanceOf(FiresteelException.class).hasMessageContaining("no engine");
        }
    }

    /** A device on which memory ends with the second kernel. */
    private static final class Exhausted extends HostDevice {
        private final AtomicInteger made = new AtomicInteger();
        private int closed;

        @Override
        public Offer offer(Layer layer) {
            Tactic tactic = super.offer(layer).tactics().get(0);
            return Offer.of(new RecipeTactic("exhausted", tactic.inputs().toArray(TensorLayout[]::new),
                    tactic.outputs().toArray(TensorLayout[]::new), (operands, constants) -> {
                        if (made.getAndIncrement() > 0) {
                            throw new OutOfMemoryError("no more");
                        }
                        return counted(tactic.prepare(operands, constants));
                    }));
        }

        private Kernel counted(Kernel kernel) {
            return new Kernel() {
                @Override
                public String implementation() {
                    return kernel.implementation();
                }

                @Override
                public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
                    return kernel.bind(stream, inputs, outputs, scratch);
                }

                @Override
                public void close() {
                    closed++;
                    kernel.close();
                }
            };
        }
    }

    @Test
    void kernelsAreClosedWhereAnotherEndsInAnError() {
        Exhausted device = new Exhausted();
        try (Engine engine = new Engine(Networks.twoLayers(), device, ONE_ROW)) {
            assertThatThrownBy(() -> engine.program(1)).isInstanceOf(OutOfMemoryError.class);
        }
        assertThat(device.made.get()).isGreaterThan(1);
        assertThat(device.closed).isEqualTo(1);
    }
}
