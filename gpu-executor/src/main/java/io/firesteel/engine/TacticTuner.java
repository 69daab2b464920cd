package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.Trials;
import io.firesteel.backend.TuningBudget;
import io.firesteel.lowering.TacticCosts;
import io.firesteel.memory.Scope;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Times tactics on the device, each once: what is in the table is taken from there. Equal layers count as one. The kernels are made by
 * several threads and timed one at a time, first those that promise most: each layer's tactic of the lowest estimate with a few of its own
 * alternatives, large layers first, then the other tactics, then all alternatives of those that may win; other tactics of layers that take
 * next to nothing come last. When the time it may take is over, nothing more is run on the device, tactics that were not timed are left
 * out, and layers whose first tactic was not timed are estimated. The table notes how long the layers of a program were permitted to be
 * timed: a start that permits no more than that times nothing, so that it chooses alike.
 */
final class TacticTuner implements TacticCosts {

    private static final long COPY_ELEMENTS = 32L << 20;
    private static final long LEAST_COPY_ELEMENTS = 1L << 16;
    private static final double UNUSABLE = 1e15;
    private static final int FIRST_TRIALS = 4;
    private static final double MAY_WIN = 1.4;
    private static final double HOPELESS = 8;
    /** Of what all layers are estimated to take. */
    private static final double NEXT_TO_NOTHING = 0.002;
    private static final double LAUNCH_NANOS = 1500;

    private final Backend backend;
    private final TacticTable table;
    private final TuningBudget budget;
    private final String subject;
    private final Set<String> comparable = ConcurrentHashMap.newKeySet();
    private double bytesPerNano;

    /** @param subject what is tuned, for messages */
    TacticTuner(Backend backend, TacticTable table, TuningBudget budget, String subject) {
        this.backend = backend;
        this.table = table;
        this.budget = budget;
        this.subject = subject;
    }

    /**
     * A tactic to time.
     *
     * @param rank its place among the layer's tactics by estimate
     * @param weight what its layers are estimated to take
     */
    private record Item(String key, Layer layer, Tactic tactic, int rank, double weight) { }

    @Override
    public synchronized void survey(List<Alternatives> layers) {
        budget.begin();
        try {
            List<Item> items = items(layers);
            List<Item> missing = items.stream().filter(i -> table.nanos(i.key).isEmpty())
                    .sorted(Comparator.comparingInt(Item::rank).thenComparingDouble(i -> -i.weight)).toList();
            String survey = TacticTable.digest("survey " + items.stream().map(Item::key).sorted().toList());
            if (!missing.isEmpty() && budget.isLeft() && table.nanos(survey).orElse(0) < budget.nanos()) {
                double least = items.stream().filter(i -> i.rank == 0).mapToDouble(Item::weight).sum() * NEXT_TO_NOTHING;
                TuningWorkers workers = new TuningWorkers(backend, budget, subject);
                missing.stream().collect(Collectors.partitioningBy(i -> i.rank > 0 && i.weight < least)).forEach((last, part) -> {
                    workers.run(part, item -> measure(item, FIRST_TRIALS));
                    workers.run(contenders(layers, part), item -> measure(item, Integer.MAX_VALUE));
                });
                table.put(survey, budget.nanos(), "tuning");
            }
            for (Alternatives layer : layers) {
                List<Tactic> timed = byEstimate(layer);
                if (!timed.isEmpty() && table.nanos(key(layer.layer(), timed.get(0))).isPresent()) {
                    layer.tactics().forEach(t -> comparable.add(key(layer.layer(), t)));
                }
            }
        } finally {
            budget.end();
        }
    }

    private static List<Item> items(List<Alternatives> layers) {
        Map<String, Item> items = new LinkedHashMap<>();
        for (Alternatives layer : layers) {
            List<Tactic> tactics = byEstimate(layer);
            for (int i = 0; i < tactics.size(); i++) {
                Item item = new Item(key(layer.layer(), tactics.get(i)), layer.layer(), tactics.get(i), i, tactics.get(0).cost());
                items.merge(item.key, item, (a, b) -> new Item(a.key, a.layer, a.tactic, Math.min(a.rank, b.rank), a.weight + b.weight));
            }
        }
        return List.copyOf(items.values());
    }

    /** The tactics worth timing, in order of their estimates. */
    private static List<Tactic> byEstimate(Alternatives layer) {
        List<Tactic> tactics = layer.tactics().stream().filter(t -> t.viewOf().isEmpty()).sorted(Comparator.comparingDouble(Tactic::cost))
                .toList();
        return tactics.stream().filter(t -> t.cost() <= tactics.get(0).cost() * HOPELESS).toList();
    }

    /** Of the tactics timed now, those not much slower than their layer's fastest; what takes most time first. */
    private List<Item> contenders(List<Alternatives> layers, List<Item> timed) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (Alternatives layer : layers) {
            List<String> keys = byEstimate(layer).stream().map(t -> key(layer.layer(), t)).toList();
            double best = keys.stream().mapToDouble(k -> table.nanos(k).orElse(UNUSABLE)).min().orElse(UNUSABLE);
            keys.stream().filter(k -> table.nanos(k).orElse(UNUSABLE) <= Math.min(best * MAY_WIN, UNUSABLE / 2))
                    .forEach(k -> seconds.merge(k, best, Double::sum));
        }
        return timed.stream().filter(i -> seconds.containsKey(i.key)).sorted(Comparator.comparingDouble(i -> -seconds.get(i.key))).toList();
    }

    private static String key(Layer layer, Tactic tactic) {
        return TacticTable.digest(layer.operator() + " " + layer.inputTypes() + " " + layer.precision() + " " + tactic.name() + " "
                + tactic.inputs() + " " + tactic.outputs());
    }

    @Override
    public double cost(Layer layer, Tactic tactic) {
        String key = key(layer, tactic);
        if (tactic.viewOf().isPresent() || !comparable.contains(key)) {
            return tactic.cost();
        }
        OptionalDouble known = table.nanos(key);
        return known.isPresent() ? known.getAsDouble() * bytesPerNano() : UNUSABLE;
    }

    @Override
    public boolean areMeasured() {
        return !comparable.isEmpty();
    }

    /** Small tensors take as long as any launch. */
    @Override
    public double conversion(TensorLayout from, TensorLayout to) {
        return TacticCosts.super.conversion(from, to) + (comparable.isEmpty() ? 0 : LAUNCH_NANOS * bytesPerNano());
    }

    /** Seconds that timing has taken. */
    double seconds() {
        return budget.spentSeconds();
    }

    /** Bytes a nanosecond, read and written, that a copy within the device moves. */
    synchronized double bytesPerNano() {
        if (bytesPerNano == 0) {
            String key = "copy";
            OptionalDouble known = table.nanos(key);
            double nanos = known.isPresent() ? known.getAsDouble() : TuningBudget.alone(this::copyNanos);
            if (known.isEmpty()) {
                table.put(key, nanos, "copy");
            }
            bytesPerNano = 2.0 * COPY_ELEMENTS * DataType.FLOAT32.bytes() / nanos;
        }
        return bytesPerNano;
    }

    /** What copying {@link #COPY_ELEMENTS} takes; measured with fewer where there is no memory for so many. */
    private double copyNanos() {
        for (long elements = COPY_ELEMENTS; ; elements /= 2) {
            try {
                return copyNanos(elements) * COPY_ELEMENTS / elements;
            } catch (FiresteelException e) {
                if (e.kind() != FiresteelException.Kind.RESOURCE || elements <= LEAST_COPY_ELEMENTS) {
                    throw e;
                }
            }
        }
    }

    private double copyNanos(long elements) {
        TensorLayout layout = TensorLayout.of(TensorType.of(DataType.FLOAT32, elements), TensorFormat.LINEAR);
        try (Kernel kernel = backend.reorder(layout, layout); Scope scope = Scope.root("copy")) {
            Stream stream = scope.own(backend.openStream());
            stream.enter();
            return time(kernel, List.of(layout), List.of(layout), stream, scope);
        }
    }

    /** Times a tactic, unless none of its own alternatives was tried that was not known before. */
    private void measure(Item item, int alternatives) {
        BudgetTrials trials = new BudgetTrials(alternatives);
        double nanos = UNUSABLE;
        try (Scope scope = Scope.root("timing of " + item.tactic.name()); Stream stream = scope.own(backend.openStream())) {
            stream.enter();
            Constants constants = new TimingConstants(backend, stream, scope, trials, table);
            try (Kernel kernel = item.tactic.prepare(Operands.of(item.tactic), constants)) {
                if (!budget.isLeft() || trials.permitted == 0 && table.nanos(item.key).isPresent()) {
                    return;
                }
                nanos = TuningBudget.alone(() -> trials.areOver() ? Double.NaN
                        : time(kernel, item.tactic.inputs(), item.tactic.outputs(), stream, scope));
                if (Double.isNaN(nanos)) {
                    return;
                }
            }
        } catch (FiresteelException e) {
            if (e.isDeviceLost()) {
                throw e;
            }
            if (e.kind() == FiresteelException.Kind.RESOURCE) {
                return;
            }
        }
        table.put(item.key, nanos, item.tactic.name() + ":" + item.layer.node().name());
    }

    /** Permits a tactic's first alternatives while time is left. */
    private final class BudgetTrials implements Trials {

        private final int alternatives;
        private int permitted;

        BudgetTrials(int alternatives) {
            this.alternatives = alternatives;
        }

        @Override
        public boolean permits(int index) {
            boolean permits = index < alternatives && budget.isLeft();
            permitted += permits ? 1 : 0;
            return permits;
        }

        @Override
        public boolean areOver() {
            return !budget.isLeft();
        }
    }

    private double time(Kernel kernel, List<TensorLayout> inputs, List<TensorLayout> outputs, Stream stream, Scope scope) {
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
