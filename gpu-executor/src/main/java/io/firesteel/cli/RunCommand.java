package io.firesteel.cli;

import io.firesteel.FiresteelException;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
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

/** {@code firesteel run MODEL --input IN.npy --output OUT.npy}. */
@Command(name = "run", description = "Computes a model's outputs for inputs in .npy files.", mixinStandardHelpOptions = true)
public final class RunCommand implements Subcommand {

    @Parameters(paramLabel = "MODEL", description = "a plan file, a model's folder, or an ONNX file")
    private Path model;

    @Option(names = {"-i", "--input"}, required = true, description = "FILE.npy, or NAME=FILE.npy for one of several inputs")
    private List<String> inputs;

    @Option(names = {"-o", "--output"}, required = true, description = "FILE.npy, or NAME=FILE.npy for one of several outputs")
    private List<String> outputs;

    @Mixin
    private DeviceOptions where;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        where.load();
        Plan plan = ModelArgument.plan(model, where.precision());
        Signature signature = plan.signature();
        Map<String, Path> files = assign(inputs, signature.inputs(), "input");
        Map<String, Path> targets = assign(outputs, signature.outputs(), "output");
        List<HostValue> values = new ArrayList<>();
        for (Signature.Port port : signature.inputs()) {
            if (!files.containsKey(port.name())) {
                throw FiresteelException.user("INPUT_MISSING", "input " + port + " is not given: add --input " + port.name() + "=FILE.npy");
            }
            values.add(Npy.read(files.get(port.name())));
        }
        Map<String, Object> written = new LinkedHashMap<>();
        EngineOptions options = EngineOptions.defaults().withPrecision(where.precision()).withTactics(ModelArgument.tactics(model));
        try (Engine engine = Engine.open(plan, where.device(), options)) {
            List<HostValue> results = engine.evaluate(values);
            for (int i = 0; i < results.size(); i++) {
                String name = signature.outputs().get(i).name();
                if (targets.containsKey(name)) {
                    written.put(name, write(name, results.get(i), targets.get(name)));
                }
            }
        }
        if (json) {
            spec.commandLine().getOut().println(Json.write(Map.of("outputs", written)));
        } else {
            written.forEach((name, type) -> spec.commandLine().getOut().println(name + ": " + type + " -> " + targets.get(name)));
        }
        return 0;
    }

    private static String write(String name, HostValue value, Path target) {
        if (!(value instanceof Tensor tensor)) {
            throw FiresteelException.user("OUTPUT_NOT_TENSOR", "output '" + name + "' is a sequence; .npy files hold tensors");
        }
        Npy.write(tensor, target);
        return tensor.type().toString();
    }

    /** The file of each port that arguments {@code FILE} or {@code NAME=FILE} name. */
    static Map<String, Path> assign(List<String> arguments, List<Signature.Port> ports, String kind) {
        List<String> names = ports.stream().map(Signature.Port::name).toList();
        Map<String, Path> files = new LinkedHashMap<>();
        for (String argument : arguments) {
            String named = names.stream().filter(n -> argument.startsWith(n + "=")).findFirst().orElse(null);
            if (named == null && (ports.size() != 1 && (argument.contains("=") || arguments.size() != 1 || !kind.equals("output")))) {
                throw FiresteelException.user("ARGUMENT_UNKNOWN", "--" + kind + " " + argument + " names none of the model's " + kind
                        + "s " + ports.stream().map(Signature.Port::toString).collect(Collectors.joining(", ")) + ": write NAME=FILE.npy");
            }
            String name = named == null ? names.get(0) : named;
            if (files.put(name, Path.of(named == null ? argument : argument.substring(name.length() + 1))) != null) {
                throw FiresteelException.user("ARGUMENT_TWICE", kind + " '" + name + "' is given twice");
            }
        }
        return files;
    }
}
