package io.firesteel.cli;

import io.firesteel.CompileOptions;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel build MODEL.onnx -o OUT}. */
@Command(name = "build", description = "Optimizes an ONNX model and stores it as a plan.", mixinStandardHelpOptions = true)
public final class BuildCommand implements Subcommand {

    @Parameters(paramLabel = "MODEL.onnx", description = "the model")
    private Path model;

    @Option(names = {"-o", "--output"}, required = true, description = "NAME.plan for a file, else a model's folder")
    private Path output;

    @Option(names = "--precision", defaultValue = "fp32", description = "what the plan permits: fp32, tf32, fp16, bf16 (default: fp32)")
    private String precision;

    @Option(names = "--name", description = "the plan's name (default: the output's)")
    private String name;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @ArgGroup(validate = false, heading = "Pre- and post-processing, part of the plan and its signature:%n")
    private ProcessingOptions processing = new ProcessingOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Plan plan = ModelArgument.compile(model, CompileOptions.of(name == null ? ModelArgument.name(output) : name, Precision.parse(precision))
                .with(processing.preprocessing(), processing.postprocessing()));
        Path stored = ModelArgument.store(plan, output);
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("plan", stored);
            result.put("layersBefore", plan.layersBefore());
            result.put("layersAfter", plan.layersAfter());
            result.put("precision", plan.precision().label());
            spec.commandLine().getOut().println(Json.write(result));
        } else {
            spec.commandLine().getOut().println(stored + ": " + plan.layersBefore() + " layers before, " + plan.layersAfter()
                    + " after, " + plan.signature());
        }
        return 0;
    }
}
