package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Configurations;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TuningBudget;
import io.firesteel.backend.reference.ReferenceProvider;
import io.firesteel.graph.Graph;
import io.firesteel.lowering.Bucket;
import io.firesteel.lowering.Lowering;
import io.firesteel.lowering.PermittedPrecision;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.SettledGraph;
import io.firesteel.lowering.Step;
import io.firesteel.lowering.TacticCosts;
import io.firesteel.memory.Scope;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** The programs of an engine, one for each combination of sizes, lowered and with their kernels made when first needed. */
final class Programs {

    private final Plan plan;
    private final Backend backend;
    private final List<Backend> backends;
    private final Precision precision;
    private final Scope scope;
    private final EngineConstants constants;
    private final TacticTable tactics;
    private final TacticTuner tuner;
    private final Map<Form, PreparedProgram> programs = new ConcurrentHashMap<>();
    private SettledGraph settled;

    /**
     * What a program is made for.
     *
     * @param sizes of the plan's symbolic dimensions
     * @param observed whether every value of the plan is computed, those too that a device's fusions leave out
     */
    private record Form(Map<String, Long> sizes, boolean observed) {

        // Written out, as a record's own are linked with a dozen classes made when they are first used.
        @Override
        public boolean equals(Object other) {
            return other instanceof Form that && sizes.equals(that.sizes) && observed == that.observed;
        }

        @Override
        public int hashCode() {
            return 31 * sizes.hashCode() + Boolean.hashCode(observed);
        }
    }

    /**
     * @param tables where tactic tables are kept
     * @param scope owns the kernels and constants
     */
    Programs(Plan plan, Backend backend, Precision precision, TacticStore tables, Scope scope) {
        this.plan = plan;
        this.backend = backend;
        this.precision = precision;
        this.scope = scope;
        this.backends = new ArrayList<>(List.of(backend));
        boolean onHost = backend.device().hostMemory();
        if (onHost && !backend.device().backend().equals(ReferenceProvider.NAME)) {
            BackendProvider reference = new ReferenceProvider();
            backends.add(Backends.open(reference.devices().get(0)));
        }
        this.tactics = onHost ? null : TacticTable.open(tables, plan.hash(), backend.device().key());
        this.constants = new EngineConstants(backend, scope, onHost ? Configurations.NONE : tactics);
        this.tuner = onHost ? null : new TacticTuner(backend, tactics, new TuningBudget(TuningBudget.seconds()), plan.name());
    }

    /**
     * The program for these sizes of the plan's symbolic dimensions.
     *
     * @param observed whether every value of the plan is to be computed
     */
    PreparedProgram of(Map<String, Long> sizes, boolean observed) {
        Form form = new Form(sizes, observed);
        PreparedProgram known = programs.get(form);
        return known != null ? known : programs.computeIfAbsent(new Form(Map.copyOf(sizes), observed), f -> {
            Bucket bucket = settled(f.sizes()).bucket(f.sizes());
            try (Stream stream = backend.openStream()) {
                stream.enter();
                checkElements(bucket.graph());
                return observed ? prepared(bucket) : fused(bucket);
            }
        });
    }

    /** With the device's fusions, or without them where its libraries turn out not to support them. */
    private PreparedProgram fused(Bucket bucket) {
        Bucket fused = fusions(bucket);
        try {
            return prepared(fused);
        } catch (FiresteelException e) {
            if (fused == bucket || !e.code().equals(Tactic.UNSUPPORTED)) {
                throw e;
            }
            return prepared(bucket);
        }
    }

    private Bucket fusions(Bucket bucket) {
        return backend.device().hostMemory() ? bucket : Lowering.fuseNormalization(bucket, backend, precision);
    }

    /** About what the arena for these sizes takes, by tactics that are neither timed nor made. */
    long estimatedArenaBytes(Map<String, Long> sizes) {
        Bucket bucket = settled(sizes).bucket(sizes);
        try (Stream stream = backend.openStream()) {
            stream.enter();
            return Lowering.lower(fusions(bucket), backends, new PermittedPrecision(precision, plan.fp16Overflows()),
                    TacticCosts.ESTIMATED).arenaBytes();
        }
    }

    /** Kernels of other devices than the host count elements in 32 bits. */
    private void checkElements(Graph graph) {
        for (String value : backend.device().hostMemory() ? Set.<String>of() : graph.values()) {
            if (graph.type(value) instanceof TensorType type && type.isStatic() && type.shape().elements() > Integer.MAX_VALUE) {
                throw FiresteelException.resource("TENSOR_TOO_LARGE", "value '" + value + "' has " + type.shape().elements()
                        + " elements, and kernels on " + backend.device() + " count no more than " + Integer.MAX_VALUE
                        + ": compute fewer rows at a time");
            }
        }
    }

    /** Lowers a graph and makes its kernels, again without the tactics that turn out not to be supported. */
    private PreparedProgram prepared(Bucket bucket) {
        RefusedTactics costs = new RefusedTactics(tuner == null ? TacticCosts.ESTIMATED : tuner);
        while (true) {
            Program program = Lowering.lower(bucket, backends, new PermittedPrecision(precision, plan.fp16Overflows()), costs);
            if (tuner != null) {
                tactics.save();
            }
            try {
                return new PreparedProgram(program, backend, constants, scope);
            } catch (UnsupportedStepsException e) {
                if (!costs.refuse(e.steps())) {
                    throw e.getCause();
                }
            }
        }
    }

    /** The plan's graph as this device computes it, decided with the sizes first asked for. */
    private synchronized SettledGraph settled(Map<String, Long> sizes) {
        if (settled == null) {
            settled = SettledGraph.of(plan.graph(), sizes, backend, precision);
        }
        return settled;
    }

    /** Device memory taken by prepared constants. */
    long constantBytes() {
        return constants.bytes();
    }

    /** Bytes a nanosecond that the device copies within its memory; 0 where tactics are not timed. */
    double copyBytesPerNano() {
        return tuner == null ? 0 : tuner.bytesPerNano();
    }

    /** Seconds that timing tactics on the device took. */
    double tuningSeconds() {
        return tuner == null ? 0 : tuner.seconds();
    }

    /** The operators of steps that are evaluated on the host, of all programs made so far. */
    Set<String> hostOperators() {
        Set<String> names = new TreeSet<>();
        for (PreparedProgram prepared : programs.values()) {
            for (Step step : prepared.program().steps()) {
                if (step instanceof Step.Host host) {
                    names.add(host.node().operator().name());
                }
            }
        }
        return names;
    }
}
