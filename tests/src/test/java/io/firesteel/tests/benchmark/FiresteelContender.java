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
    private final ByteBuffer[] inputs;
    private final ByteBuffer[][] outputs;

    FiresteelContender(Plan plan, NetworkCase network, int batch, int callers) {
        this(plan, EngineOptions.defaults().withBuckets(List.of(batch)), batch, callers, plan.signature().inputs().stream()
                .map(port -> network.input(port.name(), batch).buffer()).toArray(ByteBuffer[]::new));
    }

    /** @param inputs direct buffers of {@code batch} rows, which all callers read */
    FiresteelContender(Plan plan, EngineOptions options, int batch, int callers, ByteBuffer... inputs) {
        this.batch = batch;
        this.inputs = inputs;
        this.engine = Engine.open(plan, Backends.device("cpu"), options.withSessions(callers));
        engine.prepare(batch);
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
        engine.run(batch, inputs, outputs[caller]);
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
