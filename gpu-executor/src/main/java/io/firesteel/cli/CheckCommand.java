package io.firesteel.cli;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.backend.Device;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.ValueType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel check --onnx-cases DIR | --networks DIR | MODEL.onnx}. */
@Command(name = "check", description = "Compares results with what is expected of them.", mixinStandardHelpOptions = true)
public final class CheckCommand implements Subcommand {

    private static final double RELATIVE = 1e-3;
    private static final double ABSOLUTE = 1e-7;

    private static final class What {
        @Option(names = "--onnx-cases", paramLabel = "DIR", description = "cases in the layout of ONNX's backend test suite")
        private Path onnxCases;

        @Option(names = "--networks", paramLabel = "DIR", description = "networks with a recipe for their weights and expected outputs")
        private Path networks;

        @Parameters(paramLabel = "MODEL.onnx", description = "a model, compared with the plain evaluation of its unoptimized graph")
        private Path model;
    }

    @ArgGroup(multiplicity = "1")
    private What what;

    @Option(names = "--only", paramLabel = "REGEX", description = "cases or networks whose name contains a match")
    private String only;

    @Option(names = "--progress", description = "Name each case on standard error before it runs.")
    private boolean progress;

    @Mixin
    private DeviceOptions where;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private int withoutHost;
    private final List<Map<String, Object>> results = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        if (what.onnxCases != null) {
            OnnxCase.find(what.onnxCases).stream().filter(c -> wanted(c.name())).forEach(this::check);
        } else if (what.networks != null) {
            checkNetworks();
        } else {
            ModelComparison.Result result = ModelComparison.compare(what.model, where.device(), where.precision());
            record(ModelArgument.name(what.model), result.status(), result.reason(), "relativeError", result.relativeError());
        }
        if (results.isEmpty()) {
            throw FiresteelException.user("CASES_MISSING", "nothing to check was found");
        }
        long failed = count("failed");
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("passed", count("passed"));
            result.put("failed", failed);
            result.put("unsupported", count("unsupported"));
            result.put("device", where.device().label());
            if (what.onnxCases != null) {
                result.put("withoutHostSteps", withoutHost);
            }
            result.put(what.onnxCases != null ? "cases" : "networks", results);
            spec.commandLine().getOut().println(Json.write(result));
        } else {
            spec.commandLine().getOut().println(count("passed") + " passed, " + failed + " failed, " + count("unsupported")
                    + " unsupported" + (what.onnxCases == null ? "" : "; " + withoutHost + " without a step on host values"));
        }
        return failed == 0 ? 0 : 1;
    }

    private boolean wanted(String name) {
        boolean wanted = only == null || Pattern.compile(only).matcher(name).find();
        if (wanted && progress) {
            spec.commandLine().getErr().println("checking " + name);
        }
        return wanted;
    }

    private long count(String status) {
        return results.stream().filter(r -> r.get("status").equals(status)).count();
    }

    private void record(String name, String status, String reason, String key, Object value) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", name);
        result.put("status", status);
        if (key != null) {
            result.put(key, value);
        }
        result.put("reason", reason.replaceAll("\\s+", " "));
        results.add(result);
        if (!json && (key != null || !status.equals("passed"))) {
            spec.commandLine().getOut().println(String.format("%-11s %s  %s", status, name, result.get("reason")));
        }
    }

    private void check(OnnxCase onnxCase) {
        try {
            OnnxModel model = onnxCase.read();
            Precision precision = where.precision() == null ? Precision.FP32 : where.precision();
            Plan plan = Compiler.compile(model, CompileOptions.of(onnxCase.name(), precision));
            List<ValueType> inputs = model.graph().inputs().stream().map(model.graph()::type).toList();
            List<ValueType> outputs = model.graph().outputs().stream().map(o -> model.graph().type(o.value())).toList();
            String reason = run(plan, onnxCase.dataSets(inputs, outputs), where.device());
            record(onnxCase.name(), reason.isEmpty() ? "passed" : "failed", reason, null, null);
        } catch (FiresteelException e) {
            record(onnxCase.name(), e.code().endsWith("UNSUPPORTED") ? "unsupported" : "failed", e.getMessage(), null, null);
        } catch (RuntimeException e) {
            record(onnxCase.name(), "failed", "internal error: " + e, null, null);
        }
    }

    private String run(Plan plan, List<OnnxCase.DataSet> sets, Device device) {
        try (Engine engine = Engine.open(plan, device, EngineOptions.defaults().withSessions(1))) {
            for (OnnxCase.DataSet set : sets) {
                List<HostValue> actual = engine.evaluate(set.inputs());
                for (int i = 0; i < actual.size(); i++) {
                    Optional<String> difference = OnnxCase.difference(actual.get(i), set.outputs().get(i), RELATIVE, ABSOLUTE);
                    if (difference.isPresent()) {
                        return "output '" + plan.signature().outputs().get(i).name() + "': " + difference.get();
                    }
                }
            }
            withoutHost += engine.hostOperators().isEmpty() ? 1 : 0;
            return sets.isEmpty() ? "the case has no data" : "";
        }
    }

    private void checkNetworks() throws IOException {
        Precision precision = where.precision() == null ? Precision.FP32 : where.precision();
        Map<String, Double> bounds = NetworkBounds.read(what.networks.resolve("bounds.csv"), precision);
        List<Path> folders;
        try (Stream<Path> entries = Files.list(what.networks)) {
            folders = entries.filter(f -> Files.exists(f.resolve("recipe.json"))).sorted().toList();
        }
        for (Path folder : folders) {
            NetworkCase network = new NetworkCase(folder);
            if (wanted(network.name())) {
                check(network, precision, bounds.getOrDefault(network.name(), NetworkBounds.FP32));
            }
        }
    }

    private void check(NetworkCase network, Precision precision, double bound) throws IOException {
        try {
            NetworkCase.Outcome outcome = network.run(where.device(), precision);
            double error = outcome.relativeError();
            String reason = String.format(Locale.ROOT, "relative error %.3g, bound %.3g%s", error, bound,
                    outcome.hostOperators().isEmpty() ? "" : "; on the host: " + String.join(", ", outcome.hostOperators()));
            record(network.name(), error <= bound ? "passed" : "failed", reason, "relativeError", error);
        } catch (FiresteelException e) {
            record(network.name(), e.code().endsWith("UNSUPPORTED") ? "unsupported" : "failed", e.getMessage(), "relativeError", null);
        } catch (RuntimeException e) {
            record(network.name(), "failed", "internal error: " + e, "relativeError", null);
        }
    }
}
