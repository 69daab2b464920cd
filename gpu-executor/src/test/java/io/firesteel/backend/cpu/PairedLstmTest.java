package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.memory.NativeMemory;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PairedLstmTest {

    private static final int STEPS = 24;
    private static final int FEATURES = 8;
    private static final int HIDDEN = 200;
    private static final int RUNS = 40;

    private static LayerCheck lstm(Recurrent.Direction direction) {
        List<RecurrentActivation> activations = new ArrayList<>();
        for (int d = 0; d < direction.count(); d++) {
            activations.addAll(List.of(RecurrentActivation.SIGMOID, RecurrentActivation.TANH, RecurrentActivation.TANH));
        }
        return LayerCheck.of(new Recurrent.LSTM(new Recurrent.Form(direction, activations, Float.POSITIVE_INFINITY, false), false));
    }

    private static Layer layer() {
        return lstm(Recurrent.Direction.BIDIRECTIONAL).variable(STEPS, 1, FEATURES).constant(2, 4 * HIDDEN, FEATURES)
                .constant(2, 4 * HIDDEN, HIDDEN).constant(2, 8 * HIDDEN).layer();
    }

    /** Memory of one session, its input different from all others'. */
    private static final class Caller implements AutoCloseable {

        final NativeMemory input = NativeMemory.allocate(4 * STEPS * FEATURES);
        final NativeMemory output = NativeMemory.allocate(4 * STEPS * 2 * HIDDEN);
        final NativeMemory scratch;
        final Launch launch;

        Caller(int seed, Kernel kernel, Stream stream) {
            Tensor values = LayerCheck.random(seed, STEPS, 1, FEATURES);
            NativeMemory.view(input.address(), (int) input.bytes()).put(values.buffer().duplicate());
            scratch = NativeMemory.allocate(kernel.scratchBytes());
            launch = kernel.bind(stream, new long[] {input.address(), 0, 0, 0}, new long[] {output.address()}, scratch.address());
        }

        byte[] run() {
            launch.run();
            byte[] bytes = new byte[(int) output.bytes()];
            NativeMemory.view(output.address(), bytes.length).get(bytes);
            return bytes;
        }

        @Override
        public void close() {
            launch.close();
            List.of(input, output, scratch).forEach(NativeMemory::close);
        }
    }

    @ParameterizedTest
    @EnumSource(Recurrent.Direction.class)
    void oneRowIsWhatTheReferenceComputes(Recurrent.Direction direction) {
        int d = direction.count();
        for (int hidden : new int[] {1, 16, 37, 130}) {
            assertThat(lstm(direction).variable(7, 1, 5).constant(d, 4 * hidden, 5).constant(d, 4 * hidden, hidden).absent().absent()
                    .variable(d, 1, hidden).variable(d, 1, hidden).outputs(3).check()).contains("lstm:row", "lstm:paired");
            lstm(direction).variable(3, 1, 40).constant(d, 4 * hidden, 40).constant(d, 4 * hidden, hidden).constant(d, 8 * hidden)
                    .outputs(2).check();
        }
    }

    /** Sums far beyond where the sigmoid is 0 or 1, whose exponential fp32 does not hold. */
    @Test
    void gatesSaturate() {
        Tensor large = LayerCheck.random(5, 6, 1, 3);
        for (long i = 0; i < large.elements(); i++) {
            large.setDouble(i, 1e4 * large.getDouble(i));
        }
        assertThat(lstm(Recurrent.Direction.FORWARD).variable(large).constant(1, 4 * 20, 3).constant(1, 4 * 20, 20).outputs(3).check())
                .contains("lstm:row");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    @Timeout(120)
    void bitsDoNotDependOnTheCompany(int count) throws Exception {
        Layer layer = layer();
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try (Backend backend = LayerCheck.open(); Stream stream = backend.openStream();
                LayerCheck.Prepared constants = new LayerCheck.Prepared()) {
            stream.enter();
            Tactic tactic = backend.offer(layer).tactics().stream().filter(t -> t.name().equals("lstm:paired")).findFirst().orElseThrow();
            try (Kernel kernel = tactic.prepare(Operands.of(tactic), constants)) {
                List<Caller> callers = new ArrayList<>();
                List<byte[]> alone = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    callers.add(new Caller(10 + i, kernel, stream));
                    alone.add(callers.get(i).run());
                }
                assertThat(alone.get(0)).isNotEqualTo(alone.get(1));
                List<Future<?>> runs = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    int own = i;
                    runs.add(threads.submit(() -> {
                        stream.enter();
                        for (int run = 0; run < RUNS; run++) {
                            assertThat(ByteBuffer.wrap(callers.get(own).run())).isEqualTo(ByteBuffer.wrap(alone.get(own)));
                        }
                    }));
                }
                for (Future<?> run : runs) {
                    run.get();
                }
                callers.forEach(Caller::close);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
