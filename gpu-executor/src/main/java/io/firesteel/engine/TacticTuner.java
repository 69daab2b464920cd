package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.graph.Node;
import io.firesteel.lowering.TacticCosts;
import io.firesteel.memory.Scope;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Times tactics on the device, each once: what is in the table is taken from there. When the time it may take is over, what is left is
 * estimated, a layer as a whole.
 */
final class TacticTuner implements TacticCosts {

    private static final long COPY_ELEMENTS = 32L << 20;
    private static final double UNUSABLE = 1e15;

    private final Backend backend;
    private final TacticTable table;
    private final long budgetNanos;
    private long spentNanos;
    private double bytesPerNano;
    private Node current;

    /** @param seconds how long it may take in all */
    TacticTuner(Backend backend, TacticTable table, double seconds) {
        this.backend = backend;
        this.table = table;
        this.budgetNanos = (long) (seconds * 1e9);
    }

    @Override
    public synchronized double cost(Layer layer, Tactic tactic) {
        String key = TacticTable.digest(layer.operator() + " " + layer.inputTypes() + " " + layer.precision() + " " + tactic.name() + " "
                + tactic.inputs() + " " + tactic.outputs());
        OptionalDouble known = table.nanos(key);
        if (known.isPresent()) {
            return known.getAsDouble() * bytesPerNano();
        }
        if (tactic.viewOf().isPresent() || spentNanos >= budgetNanos && !layer.node().equals(current)) {
            return tactic.cost();
        }
        current = layer.node();
        long start = System.nanoTime();
        double nanos = measure(tactic);
        spentNanos += System.nanoTime() - start;
        table.put(key, nanos, tactic.name() + ":" + layer.node().name());
        return nanos * bytesPerNano();
    }

    /** Seconds that timing has taken. */
    synchronized double seconds() {
        return spentNanos / 1e9;
    }

    /** Bytes a nanosecond, read and written, that a copy within the device moves. */
    synchronized double bytesPerNano() {
        if (bytesPerNano == 0) {
            String key = "copy";
            OptionalDouble known = table.nanos(key);
            double nanos = known.isPresent() ? known.getAsDouble() : copyNanos();
            if (known.isEmpty()) {
                table.put(key, nanos, "copy");
            }
            bytesPerNano = 2.0 * COPY_ELEMENTS * DataType.FLOAT32.bytes() / nanos;
        }
        return bytesPerNano;
    }

    private double copyNanos() {
        TensorLayout layout = TensorLayout.of(TensorType.of(DataType.FLOAT32, COPY_ELEMENTS), TensorFormat.LINEAR);
        try (Kernel kernel = backend.reorder(layout, layout); Scope scope = Scope.root("copy")) {
            return time(kernel, List.of(layout), List.of(layout), scope);
        }
    }

    private double measure(Tactic tactic) {
        try (Scope scope = Scope.root("timing of " + tactic.name());
                Kernel kernel = tactic.prepare(Operands.of(tactic), new EngineConstants(backend, scope))) {
            return time(kernel, tactic.inputs(), tactic.outputs(), scope);
        } catch (FiresteelException e) {
            if (e.isDeviceLost()) {
                throw e;
            }
            return UNUSABLE;
        }
    }

    private double time(Kernel kernel, List<TensorLayout> inputs, List<TensorLayout> outputs, Scope scope) {
        Stream stream = scope.own(backend.openStream());
        stream.enter();
        Memory scratch = scope.own(backend.allocate(Math.max(1, kernel.scratchBytes()), Backend.MemoryUse.ARENA));
        try (Launch launch = kernel.bind(stream, memory(inputs, stream, scope), memory(outputs, stream, scope), scratch.address())) {
            return LaunchTimer.nanos(stream, launch);
        } finally {
            stream.synchronize();
        }
    }

    private long[] memory(List<TensorLayout> layouts, Stream stream, Scope scope) {
        long[] addresses = new long[layouts.size()];
        for (int i = 0; i < addresses.length; i++) {
            if (layouts.get(i) != null) {
                long bytes = Math.max(1, layouts.get(i).bytes());
                addresses[i] = scope.own(backend.allocate(bytes, Backend.MemoryUse.ARENA)).address();
                stream.clear(addresses[i], bytes);
            }
        }
        return addresses;
    }
}
