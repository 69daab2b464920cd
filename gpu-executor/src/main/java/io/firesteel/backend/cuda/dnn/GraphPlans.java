package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Configurations;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.Trials;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The plans of one graph: the fastest found so far, and what was not tried yet. Several threads may try at a time. */
final class GraphPlans {

    /** Device memory that a plan may use for itself. */
    private static final long MOST_WORKSPACE = 512L << 20;
    /** As many times the fastest plan's time need not be measured exactly. */
    private static final float HOPELESS = 4;

    private final DnnDevice device;
    private final DnnGraph graph;
    private final String signature;
    private final Set<EngineConfiguration.Note> refused;
    private final BitSet claimed = new BitSet();
    private final Map<EngineConfiguration, ExecutionPlan> settledBefore = new HashMap<>();
    private List<EngineConfiguration> candidates;
    private boolean restored;
    private boolean settled;
    private int underWay;
    private ExecutionPlan best;
    private float bestMillis = Float.POSITIVE_INFINITY;
    private boolean lent;
    private boolean saved = true;

    /** @param refused notes of engines that must not be taken */
    GraphPlans(DnnDevice device, DnnGraph graph, String signature, Set<EngineConfiguration.Note> refused) {
        this.device = device;
        this.graph = graph;
        this.signature = signature;
        this.refused = refused;
    }

    /**
     * The plan that was settled on or, where trials are permitted, the fastest one known after these; made without timing where none is.
     *
     * @param constants permits trials, and learns of what they found
     */
    ExecutionPlan plan(DnnHandle handle, Constants constants) {
        Trials trials = constants.trials();
        ExecutionPlan known = trials == Trials.NONE ? settled(handle, constants.configurations()) : null;
        if (known == null) {
            known = restore(handle, trials);
        }
        if (known == null) {
            try (NativeGraph described = new NativeGraph(graph, handle)) {
                for (int next = claim(described, trials); next >= 0; next = claim(described, trials)) {
                    attempt(described, handle, next, trials);
                }
                known = lend();
                if (known == null) {
                    return first(described, handle);
                }
            }
        }
        if (isMeasured(known)) {
            constants.configurations().settle(signature, known.configuration().toString());
        }
        return known;
    }

    /** The plan that a tactic table names; null where it names none, or one that cannot be made. */
    private synchronized ExecutionPlan settled(DnnHandle handle, Configurations configurations) {
        Optional<EngineConfiguration> named = configurations.of(signature).flatMap(EngineConfiguration::parse);
        if (named.isEmpty()) {
            return null;
        }
        if (best != null && best.configuration().equals(named.get())) {
            lent = true;
            return best;
        }
        return settledBefore.computeIfAbsent(named.get(), configuration -> {
            boolean onDisk = device.store().configuration(signature).filter(configuration::equals).isPresent();
            return onDisk ? stored(configuration, handle) : compiled(configuration, handle);
        });
    }

    /** The plan of the configuration that is on disk, compiled where the plan itself is not there; null where it cannot be made. */
    private ExecutionPlan stored(EngineConfiguration configuration, DnnHandle handle) {
        return device.store().plan(signature, configuration, handle).orElseGet(() -> compiled(configuration, handle));
    }

    private synchronized boolean isMeasured(ExecutionPlan plan) {
        return settled || plan == best && bestMillis < Float.POSITIVE_INFINITY;
    }

    /** What can be had without describing the graph: the settled plan, or the best one where no trial is permitted. */
    private synchronized ExecutionPlan restore(DnnHandle handle, Trials trials) {
        if (!restored) {
            restored = true;
            Optional<EngineConfiguration> configuration = device.store().configuration(signature);
            if (configuration.isPresent()) {
                best = stored(configuration.get(), handle);
                settled = best != null;
            }
        }
        if (settled || best != null && trials == Trials.NONE) {
            lent = true;
            return best;
        }
        return null;
    }

    /** The plan of a configuration known from an earlier process, kept as a whole for the next one; null where it cannot be made. */
    private ExecutionPlan compiled(EngineConfiguration configuration, DnnHandle handle) {
        try (NativeGraph described = new NativeGraph(graph, handle)) {
            ExecutionPlan plan = configuration.plan(described, handle);
            device.store().write(signature, plan);
            return plan;
        } catch (FiresteelException e) {
            return null;
        }
    }

    /** The number of a candidate that the caller is to try, or -1. */
    private synchronized int claim(NativeGraph described, Trials trials) {
        int next = claimed.nextClearBit(0);
        if (candidates == null) {
            candidates = EngineConfiguration.candidates(described, refused);
        }
        if (next >= candidates.size() || trials.areOver() || !trials.permits(next)) {
            return -1;
        }
        claimed.set(next);
        underWay++;
        return next;
    }

    private void attempt(NativeGraph described, DnnHandle handle, int candidate, Trials trials) {
        ExecutionPlan plan = null;
        float millis = Float.POSITIVE_INFINITY;
        try {
            plan = make(described, handle, candidate);
            if (plan != null) {
                millis = device.timer().time(graph, plan, trials, hopelessMillis());
            }
        } finally {
            offer(plan, candidate, millis);
        }
    }

    private ExecutionPlan make(NativeGraph described, DnnHandle handle, int candidate) {
        try {
            ExecutionPlan plan = candidates.get(candidate).plan(described, handle);
            if (plan.workspaceBytes() <= MOST_WORKSPACE) {
                return plan;
            }
            plan.close();
            return null;
        } catch (FiresteelException e) {
            return null;
        }
    }

    private synchronized float hopelessMillis() {
        return HOPELESS * bestMillis;
    }

    private synchronized void offer(ExecutionPlan plan, int candidate, float millis) {
        underWay--;
        if (Float.isNaN(millis)) {
            // It was too late to time it: it stays a candidate.
            claimed.clear(candidate);
        }
        if (millis < bestMillis) {
            // A plan that was lent is bound in kernels of other engines.
            if (best != null && !lent) {
                best.close();
            }
            best = plan;
            bestMillis = millis;
            lent = false;
            saved = false;
        } else if (plan != null) {
            plan.close();
        }
        notifyAll();
    }

    private synchronized ExecutionPlan lend() {
        if (best != null) {
            lent = true;
            if (!saved) {
                saved = true;
                device.store().write(signature, best);
            }
        }
        return best;
    }

    /** The first recommended plan that can be made, or what other threads find. */
    private synchronized ExecutionPlan first(NativeGraph described, DnnHandle handle) {
        for (int next = claimed.nextClearBit(0); best == null && next < candidates.size(); next = claimed.nextClearBit(next)) {
            claimed.set(next);
            best = make(described, handle, next);
            if (best != null) {
                // Not timed yet: it stays a candidate.
                claimed.clear(next);
            }
        }
        try {
            while (best == null && underWay > 0) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw FiresteelException.internal("interrupted while cuDNN compiled", e);
        }
        if (best == null) {
            throw FiresteelException.device(Tactic.UNSUPPORTED, "cuDNN has no engine for this graph", null);
        }
        lent = true;
        return best;
    }
}
