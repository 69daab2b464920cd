package io.firesteel.calibration.cli;

import io.firesteel.cli.Json;
import io.firesteel.cli.ModelArgument;
import io.firesteel.cli.Subcommand;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.PlanReader;
import io.firesteel.quant.Equalizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel equalize MODEL -o NAME}. */
@Command(name = "equalize", description = "Gives the channels between layers equal ranges, before a calibration; the model computes"
        + " the same.", mixinStandardHelpOptions = true)
public final class EqualizeCommand implements Subcommand {

    @Parameters(paramLabel = "MODEL", description = "a plan file or a model's folder")
    private Path model;

    @Option(names = {"-o", "--output"}, required = true, description = "NAME.plan for a file, else a model's folder")
    private Path output;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path file = ModelFolder.resolve(model);
        ModelArgument.requireOther(file, output);
        Equalizer.Result result = Equalizer.equalize(PlanReader.read(file));
        Path stored = ModelArgument.store(result.plan(), output);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> printed = new LinkedHashMap<>();
            printed.put("plan", stored);
            printed.put("pairs", result.pairs());
            out.println(Json.write(printed));
        } else {
            out.println(stored + ": " + result.pairs().size() + " pairs of layers equalized");
            for (List<String> pair : result.pairs()) {
                out.println(String.join(" and ", pair));
            }
        }
        return 0;
    }
}
