package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Stream;
import io.firesteel.backend.TuningBudget;
import io.firesteel.lowering.Lowering;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.memory.Scope;
import io.firesteel.pass.Pipelines;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints where the time goes from a plan file to the second run on a device. Arguments: plan, precision, batch, and {@code serial}. */
public final class StartTimeline {

    private static long last = System.nanoTime();

    private StartTimeline() { }

    /** See the class. */
    public static void main(String[] arguments) {
        Plan plan = PlanReader.read(Path.of(arguments[0]));
        Precision precision = Precision.parse(arguments[1]);
        long batch = Long.parseLong(arguments[2]);
        mark("JVM and plan");
        Backend backend = Backends.open(Backends.device("cuda"));
        mark("device opened");
        try (Scope scope = Scope.root("timeline"); Stream stream = backend.openStream()) {
            stream.enter();
            TacticTable table = TacticTable.open(TacticStore.ofUser(), plan.hash(), backend.device().key());
            TacticTuner tuner = new TacticTuner(backend, table, new TuningBudget(0), plan.name());
            String symbol = RowShape.of(plan.signature(), Map.of()).symbol();
            Program program = Lowering.lower(Pipelines.bucket(plan.graph().bind(Map.of(symbol, batch))), List.of(backend),
                    backend.precision(precision), tuner);
            mark("lowered, " + program.steps().size() + " steps, table of " + table.size());
            EngineConstants constants = new EngineConstants(backend, scope, table);
            if (arguments.length > 3) {
                serial(program, constants, scope);
            }
            PreparedProgram prepared = new PreparedProgram(program, backend, constants, scope);
            mark("kernels prepared");
            try (Session session = new Session(backend, Scope.root("session"))) {
                BoundProgram bound = session.bind(prepared);
                mark("bound");
                for (int i = 1; i <= 3; i++) {
                    bound.run();
                    session.stream().synchronize();
                    mark("run " + i);
                }
            }
        }
    }

    private static void serial(Program program, EngineConstants constants, Scope scope) {
        record Timed(String what, double millis) { }
        List<Timed> times = new ArrayList<>();
        for (Step step : program.steps()) {
            long start = System.nanoTime();
            if (step instanceof Step.Layer layer) {
                Kernel kernel = scope.own(layer.tactic().prepare(layer.operands(), constants));
                times.add(new Timed(step.name() + " " + kernel.implementation(), (System.nanoTime() - start) / 1e6));
            }
        }
        times.sort(Comparator.comparingDouble(Timed::millis).reversed());
        times.subList(0, Math.min(20, times.size())).forEach(t -> System.out.printf(Locale.ROOT, "    %8.1f ms %s%n", t.millis, t.what));
        mark("kernels prepared one by one");
    }

    private static void mark(String what) {
        long now = System.nanoTime();
        System.out.printf(Locale.ROOT, "%8.1f ms %s%n", (now - last) / 1e6, what);
        last = now;
    }
}
