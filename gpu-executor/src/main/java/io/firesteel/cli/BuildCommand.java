package io.firesteel.cli;

import io.firesteel.CompileOptions;
import io.firesteel.FiresteelException;
import io.firesteel.engine.Fp16Range;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

    @Option(names = "--dim", paramLabel = "NAME=SIZE", description = "Fix a symbolic dimension of the inputs, for example sequence=128.")
    private Map<String, Long> dims = new LinkedHashMap<>();

    @Option(names = "--sample", paramLabel = "[NAME=]FILE.npy", description = "Rows in which layers that fp16 cannot hold are looked for; one file"
            + " for each input. These layers are kept in a wider precision.")
    private List<String> sample;

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
                .with(processing.preprocessing(), processing.postprocessing()).withDims(dims));
        if (sample != null) {
            plan = ranged(plan);
        }
        Path stored = ModelArgument.store(plan, output);
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("plan", stored);
            result.put("layersBefore", plan.layersBefore());
            result.put("layersAfter", plan.layersAfter());
            result.put("precision", plan.precision().label());
            result.put("fp16Overflows", plan.fp16Overflows());
            spec.commandLine().getOut().println(Json.write(result));
        } else {
            spec.commandLine().getOut().println(stored + ": " + plan.layersBefore() + " layers before, " + plan.layersAfter()
                    + " after, " + plan.signature());
            plan.fp16Overflows().forEach((layer, reason) -> spec.commandLine().getOut().println("  " + layer + ": " + reason));
        }
        return 0;
    }

    /** Finds the layers that fp16 cannot hold. */
    private Plan ranged(Plan plan) {
        if (plan.precision() != Precision.FP16) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--sample is for plans in fp16: add --precision fp16");
        }
        Map<String, Path> files = RunCommand.assign(sample, plan.signature().inputs(), "sample");
        List<Tensor> tensors = new ArrayList<>();
        for (Signature.Port port : plan.signature().inputs()) {
            if (!files.containsKey(port.name())) {
                throw FiresteelException.user("INPUT_MISSING", "no rows of input " + port + ": add --sample " + port.name() + "=FILE.npy");
            }
            Tensor rows = Npy.read(files.get(port.name()));
            if (rows.dataType() != port.tensor().dataType() || rows.rank() == 0) {
                throw FiresteelException.user("INPUT_MISMATCH", "input " + port + " got " + rows.type() + " from " + files.get(port.name()));
            }
            tensors.add(rows);
        }
        try (Fp16Range range = new Fp16Range(plan)) {
            range.observe(tensors);
            return range.result();
        }
    }
}
