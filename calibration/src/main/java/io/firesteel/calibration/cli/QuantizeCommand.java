package io.firesteel.calibration.cli;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.sensitivity.Quantization;
import io.firesteel.calibration.sensitivity.QuantizationRequest;
import io.firesteel.calibration.sensitivity.SearchStep;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.SensitivityFile;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.cli.Json;
import io.firesteel.cli.ModelArgument;
import io.firesteel.cli.Subcommand;
import io.firesteel.cli.Table;
import io.firesteel.onnx.export.OnnxExport;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.quant.LayerPrecision;
import io.firesteel.quant.Quantizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel quantize MODEL -o NAME}. */
@Command(name = "quantize", description = "Puts the layers of a calibrated model into int8.", mixinStandardHelpOptions = true)
public final class QuantizeCommand implements Subcommand {

    @Parameters(paramLabel = "MODEL", description = "a plan file or a model's folder, calibrated by 'firesteel calibrate'")
    private Path model;

    @Option(names = {"-o", "--output"}, required = true, description = "NAME.plan for a file, else a model's folder")
    private Path output;

    @Option(names = "--name", description = "the plan's name (default: the output's)")
    private String name;

    @Option(names = "--keep", split = ",", description = "names of layers that stay in the plan's precision")
    private List<String> kept = List.of();

    @Option(names = "--correct-biases", negatable = true, defaultValue = "" + QuantizationRequest.DEFAULT_BIAS_CORRECTION, fallbackValue = "true",
            description = "put what rounding weights takes from the means of results back into the biases (default: ${DEFAULT-VALUE})")
    private boolean correctBiases;

    @Option(names = "--weight-only", arity = "0..1", fallbackValue = "65536", description = "store embedding tables, and the weights of"
            + " products that are not in int8, as bytes where they have so many elements (default, if given: ${FALLBACK-VALUE})")
    private Long weightOnly;

    @Option(names = "--export-onnx", description = "write the quantized model as an ONNX file with explicit quantization, too")
    private Path exported;

    @Mixin
    private ValidationOptions validation;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        boolean validate = validation.areGiven(spec.commandLine().getParseResult());
        QuantizationRequest request = validation.request(correctBiases, weightOnly == null ? Long.MAX_VALUE : weightOnly);
        Path file = ModelFolder.resolve(model);
        ModelArgument.requireOther(file, output);
        Plan plan = PlanReader.read(file);
        Quantizer.requireRealNumbers(plan);
        CalibrationTable table = CalibrationFolder.of(new org.apache.hadoop.fs.Path(file.toUri()).toString(), new Configuration()).table(plan.hash())
                .orElseThrow(() -> FiresteelException.user("NOT_CALIBRATED", "'" + model + "' has no calibration: run 'firesteel calibrate "
                        + model + " --data ...' first"));
        String called = name == null ? ModelArgument.name(output) : name;
        if (validate) {
            return validated(called, file, plan, table, request);
        }
        Quantizer quantizer = request.input(plan, table).quantizer(plan);
        Set<String> real = new LinkedHashSet<>(kept);
        Plan quantized = quantizer.quantize(called, real);
        Path stored = store(quantized);
        sensitivity(stored).delete();
        report(stored, file, quantizer.report(real));
        return 0;
    }

    private static SensitivityFile sensitivity(Path stored) {
        return new SensitivityFile(new org.apache.hadoop.fs.Path(stored.toUri()).toString(), new Configuration());
    }

    private Path store(Plan quantized) {
        Path stored = ModelArgument.store(quantized, output);
        if (exported != null) {
            OnnxExport.write(quantized, exported);
        }
        return stored;
    }

    private int validated(String called, Path file, Plan plan, CalibrationTable table, QuantizationRequest request) {
        if (!kept.isEmpty()) {
            throw FiresteelException.user("ARGUMENT_UNKNOWN", "--keep names layers, --validate finds them: give one of the two");
        }
        Quantization quantization = validation.quantize(called, file, plan, table, request,
                spec.commandLine().getErr()::println);
        Path stored = store(quantization.plan());
        sensitivity(stored).write(quantization.table());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(result(quantization, stored, file)));
            return 0;
        }
        out.println(stored + ": " + quantization.summary() + "; " + stored.toFile().length() + " of " + file.toFile().length() + " bytes");
        sayExported();
        Table layers = new Table("layer", "alone in int8 [dB]", "cosine", "effect on " + quantization.table().metric(), "precision", "why");
        quantization.table().layers().forEach(layer -> layers.row(layer.effect().layer(), number("%.1f", layer.effect().signalToNoise()),
                number("%.6f", layer.effect().cosine()), number("%.4g", layer.effect().effect().value()), layer.precision(), layer.reason()));
        out.print(layers);
        return 0;
    }

    private void sayExported() {
        if (exported != null) {
            spec.commandLine().getOut().println(exported + ": written");
        }
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
    }

    private Map<String, Object> result(Quantization quantization, Path stored, Path source) {
        Map<String, Object> result = new LinkedHashMap<>();
        SearchStep step = quantization.proved().orElseThrow();
        result.put("plan", stored);
        result.put("bytes", stored.toFile().length());
        result.put("sourceBytes", source.toFile().length());
        result.put("onnx", exported);
        result.put("metric", quantization.table().metric());
        result.put("fp32", step.reference());
        result.put("int8", step.candidate());
        result.put("loss", step.loss().value());
        result.put("lossLow", step.loss().low());
        result.put("lossHigh", step.loss().high());
        result.put("testRows", step.rows());
        result.put("int8Layers", quantization.table().int8Layers());
        result.put("layers", quantization.table().layers().stream().map(layer -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("layer", layer.effect().layer());
            one.put("signalToNoise", number("%.4f", layer.effect().signalToNoise()));
            one.put("cosine", number("%.8f", layer.effect().cosine()));
            one.put("effect", number("%.6g", layer.effect().effect().value()));
            one.put("precision", layer.precision());
            one.put("reason", layer.reason());
            one.put("biasCorrection", layer.biasCorrection());
            return one;
        }).toList());
        result.put("jobs", quantization.table().jobs());
        result.put("seconds", quantization.table().seconds());
        return result;
    }

    private void report(Path stored, Path source, List<LayerPrecision> layers) {
        PrintWriter out = spec.commandLine().getOut();
        long int8 = layers.stream().filter(LayerPrecision::int8).count();
        if (!json) {
            out.println(stored + ": " + int8 + " of " + layers.size() + " layers in int8, " + stored.toFile().length() + " of "
                    + source.toFile().length() + " bytes");
            sayExported();
            layers.stream().filter(layer -> !layer.int8()).forEach(layer ->
                    out.println("kept " + layer.layer() + " (" + layer.operator() + "): " + layer.reason()));
            return;
        }
        List<Object> each = new ArrayList<>();
        for (LayerPrecision layer : layers) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("layer", layer.layer());
            one.put("operator", layer.operator());
            one.put("precision", layer.int8() ? "int8" : "kept");
            one.put("reason", layer.reason());
            one.put("biasCorrection", layer.biasCorrection());
            each.add(one);
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("plan", stored);
        result.put("bytes", stored.toFile().length());
        result.put("sourceBytes", source.toFile().length());
        result.put("onnx", exported);
        result.put("int8Layers", int8);
        result.put("layers", each);
        out.println(Json.write(result));
    }
}
