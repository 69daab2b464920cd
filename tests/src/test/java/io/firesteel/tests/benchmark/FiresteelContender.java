package io.firesteel.tests.benchmark;

import io.firesteel.backend.Backends;
import io.firesteel.cli.NetworkCase;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.plan.Plan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** One engine with a session for each caller. */
final class FiresteelContender implements Contender {

    private final Engine engine;
    private final int batch;
    private final ByteBuffer[][] inputs;
    private final ByteBuffer[][] outputs;
    private final int[] turns;

    FiresteelContender(Plan plan, NetworkCase network, int batch, int callers) {
        this(plan, EngineOptions.defaults().withBuckets(List.of(batch)), batch, callers, new ByteBuffer[][] {plan.signature().inputs().stream()
                .map(port -> network.input(port.name(), batch).buffer()).toArray(ByteBuffer[]::new)});
    }

    /** @param inputs one or more batches, each a direct buffer of {@code batch} rows for each input; every caller reads them in turn */
    FiresteelContender(Plan plan, EngineOptions options, int batch, int callers, ByteBuffer[]... inputs) {
        this.batch = batch;
        this.inputs = inputs;
        this.engine = Engine.open(plan, Backends.device("cpu"), options.withSessions(callers));
        engine.prepare(batch);
        turns = new int[callers];
        outputs = new ByteBuffer[callers][plan.signature().outputs().size()];
        for (ByteBuffer[] own : outputs) {
            for (int i = 0; i < own.length; i++) {
                own[i] = ByteBuffer.allocateDirect(Math.toIntExact(engine.outputRowBytes(i) * batch)).order(ByteOrder.LITTLE_ENDIAN);
            }
        }
    }

    @Override
    public String name() {
        return "firesteel";
    }

    @Override
    public int callers() {
        return outputs.length;
    }

    @Override
    public void run(int caller) {
        // Callers begin at different batches, as tasks do at different files.
        engine.run(batch, inputs[(turns[caller]++ + caller * inputs.length / callers()) % inputs.length], outputs[caller]);
    }

    @Override
    public ByteBuffer output(int caller, int index) {
        return outputs[caller][index];
    }

    @Override
    public void close() {
        engine.close();
    }
}
