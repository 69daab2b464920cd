package io.firesteel.cli;

import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.lowering.Step;
import io.firesteel.op.Operator;
import io.firesteel.op.Quantized;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.DataType;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel inspect MODEL}. */
@Command(name = "inspect", description = "Shows a plan: signature, what fused, and the steps it runs as on a device.",
        mixinStandardHelpOptions = true)
public final class InspectCommand implements Subcommand {

    @Parameters(paramLabel = "MODEL", description = "a plan file, a model's folder, or an ONNX file")
    private Path model;

    @Mixin
    private DeviceOptions where;

    @Option(names = "--batch", defaultValue = "8", description = "rows of the program shown (default: 8)")
    private int batch;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        where.load();
        Plan plan = ModelArgument.plan(model, where.precision());
        EngineOptions options = EngineOptions.defaults().withPrecision(where.precision()).withBuckets(List.of(batch))
                .withTactics(ModelArgument.tactics(model));
        try (Engine engine = Engine.open(plan, where.device(), options)) {
            int rows = engine.buckets().get(0);
            Program program = engine.program(rows);
            List<String> implementations = engine.implementations(rows);
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(Json.write(describe(engine, program, implementations, rows)));
            } else {
                print(engine, program, implementations, rows, out);
            }
        }
        return 0;
    }

    private static Map<String, Object> describe(Engine engine, Program program, List<String> implementations, int rows) {
        Plan plan = engine.plan();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", plan.name());
        result.put("hash", plan.hash());
        result.put("layersBefore", plan.layersBefore());
        result.put("layersAfter", plan.layersAfter());
        result.put("provenance", plan.provenance());
        result.put("rules", plan.rules());
        result.put("device", engine.device().label());
        result.put("precision", engine.precision().label());
        result.put("fp16Overflows", plan.fp16Overflows());
        result.put("batch", rows);
        result.put("arenaBytes", program.arenaBytes());
        result.put("arenaLowerBoundBytes", program.arenaLowerBoundBytes());
        result.put("scratchBytes", engine.scratchBytes(rows));
        result.put("weightBytes", engine.constantBytes());
        result.put("reorders", program.reorders());
        result.put("inputs", plan.signature().inputs().stream().map(InspectCommand::port).toList());
        result.put("outputs", plan.signature().outputs().stream().map(InspectCommand::port).toList());
        result.put("labels", plan.labels());
        List<Object> steps = new ArrayList<>();
        StepTimes times = StepTimes.of(engine, program, rows);
        for (int i = 0; i < program.steps().size(); i++) {
            Map<String, Object> step = step(program.steps().get(i), implementations.get(i));
            times.describe(i, step);
            steps.add(step);
        }
        result.put("steps", steps);
        return result;
    }

    private static Map<String, Object> port(Signature.Port port) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", port.name());
        result.put("type", port.type().toString());
        return result;
    }

    private static Map<String, Object> step(Step step, String implementation) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", step.name());
        result.put("kind", kind(step));
        result.put("backend", backend(step));
        result.put("tactic", tactic(step));
        result.put("implementation", implementation);
        result.put("precision", precision(step));
        result.put("outputs", step.outputs().stream().map(InspectCommand::place).toList());
        result.put("reason", step.reason());
        return result;
    }

    /** What a step computes in: int8 where a layer reads bytes, or moves them. */
    private static String precision(Step step) {
        if (!(step instanceof Step.Layer layer)) {
            return "";
        }
        boolean bytes = layer.inputs().size() > 0 && isBytes(layer.inputs().get(0)) && isBytes(layer.outputs().get(0));
        return bytes || layer.node().operator() instanceof Quantized ? "int8" : layer.tactic().precision().label();
    }

    private static boolean isBytes(Operand operand) {
        return operand instanceof Operand.InArena place && (place.layout().dataType() == DataType.INT8
                || place.layout().dataType() == DataType.UINT8);
    }

    private static String kind(Step step) {
        return step instanceof Step.Layer layer ? kind(layer.node().operator())
                : step instanceof Step.Host host ? host.node().operator().name() : "Reorder";
    }

    private static String kind(Operator operator) {
        return operator instanceof Quantized quantized ? quantized.name() + "[" + quantized.layer().name() + "]" : operator.name();
    }

    private static String backend(Step step) {
        return step instanceof Step.Layer layer ? layer.backend().device().label()
                : step instanceof Step.Reorder reorder ? reorder.backend().device().label() : "host";
    }

    private static String tactic(Step step) {
        return step instanceof Step.Layer layer ? layer.tactic().name() : step instanceof Step.Host ? "reference evaluator" : "";
    }

    private static String place(Operand operand) {
        return operand instanceof Operand.InArena arena ? arena.layout().toString() : "host value";
    }

    private static void print(Engine engine, Program program, List<String> implementations, int rows, PrintWriter out) {
        Plan plan = engine.plan();
        out.println("model      " + plan.name() + "  " + plan.hash());
        out.println("signature  " + plan.signature());
        out.println("precision  " + plan.precision().label() + " permitted; " + engine.precision().label() + " on "
                + engine.device());
        out.println("layers     " + plan.layersBefore() + " before, " + plan.layersAfter() + " after, " + program.reorders()
                + " layout conversions");
        if (plan.provenance().containsKey("equalized")) {
            out.println("equalized  " + plan.provenance().get("equalized"));
        }
        if (plan.provenance().containsKey("quantization")) {
            out.println("quantized  " + plan.provenance().get("quantization") + ", calibrated by "
                    + plan.provenance().getOrDefault("calibration", "unnamed thresholds"));
        }
        if (!plan.rules().isEmpty()) {
            out.println("rules      " + plan.rules().entrySet().stream().map(e -> e.getKey() + " " + e.getValue())
                    .collect(Collectors.joining(", ")));
        }
        plan.fp16Overflows().forEach((layer, reason) -> out.println("wide       " + layer + ": " + reason));
        out.println(String.format("arena      %,d bytes, lower bound %,d, for %d rows; kernel scratch %,d; weights %,d",
                program.arenaBytes(), program.arenaLowerBoundBytes(), rows, engine.scratchBytes(rows), engine.constantBytes()));
        StepTimes times = StepTimes.of(engine, program, rows);
        Table table = new Table("#", "step", "operator", "precision", "backend", "tactic", "implementation", times.heading(), "result", "reason");
        for (int i = 0; i < program.steps().size(); i++) {
            Step step = program.steps().get(i);
            table.row(i, step.name(), kind(step), precision(step), backend(step), tactic(step), implementations.get(i), times.text(i),
                    step.outputs().stream().map(InspectCommand::place).collect(Collectors.joining(", ")), step.reason());
        }
        out.print(table);
        out.flush();
    }
}
