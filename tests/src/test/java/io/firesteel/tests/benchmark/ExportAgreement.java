package io.firesteel.tests.benchmark;

import ai.onnxruntime.OrtSession;
import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.cli.NetworkCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.onnx.export.OnnxExport;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.quant.Quantizer;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether ONNX Runtime, its graph optimizations off, gives networks quantized and exported the same results as Firesteel. */
@Command(name = "export-agreement", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Compares quantized networks with what ONNX Runtime makes of them as exported.")
final class ExportAgreement implements Callable<Integer> {

    private static final double DECIBEL = 10;

    @Option(names = "--networks", required = true, description = "a folder of networks, each with graph.onnx and recipe.json")
    private Path networks;

    @Option(names = "--only", split = ",", required = true, description = "names of networks")
    private List<String> only;

    @Option(names = "--batch", defaultValue = "8", description = "rows (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--weight-only", description = "no layer in int8: only the weights of products, and tables, from so many elements")
    private Long weightOnly;

    @Option(names = "--each", description = "every layer alone in int8, which tells what it means from what rounding makes of it further on")
    private boolean each;

    private ExportAgreement() { }

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ExportAgreement()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        for (String name : only) {
            try {
                System.out.println(name + ": " + compare(new NetworkCase(networks.resolve(name)), name));
            } catch (FiresteelException | IllegalStateException e) {
                System.out.println(name + ": " + e.getMessage());
            }
        }
        return 0;
    }

    private String compare(NetworkCase network, String name) throws IOException {
        Plan fp32 = Compiler.compile(OnnxModel.of(name, network.model(), networks), CompileOptions.of(name, Precision.FP32));
        Quantizer quantizer = Quantizer.of(fp32, LargestMagnitudes.of(fp32, "cpu",
                fp32.signature().inputs().stream().map(port -> network.input(port.name(), batch).buffer()).toList(), batch, batch));
        if (each) {
            for (String layer : quantizer.layers()) {
                Set<String> others = new HashSet<>(quantizer.layers());
                others.remove(layer);
                System.out.println(name + ", " + layer + ": " + compare(network, fp32, quantizer.quantize(name, others)));
            }
        }
        Plan quantized = weightOnly == null ? quantizer.quantize(name, Set.of())
                : quantizer.weightOnlyFrom(weightOnly).quantize(name, Set.copyOf(quantizer.layers()));
        return quantizer.layers().size() + " layers that can be in int8, " + compare(network, fp32, quantized);
    }

    private String compare(NetworkCase network, Plan fp32, Plan quantized) throws IOException {
        Path exported = Files.createTempFile("firesteel-exported", ".onnx");
        try {
            OnnxExport.write(quantized, exported);
            try (Contender ours = new FiresteelContender(quantized, network, batch, 1); Contender theirs = new OnnxRuntimeContender(exported,
                    network, batch, 1, 1, OrtSession.SessionOptions.OptLevel.NO_OPT); Contender real = new FiresteelContender(fp32, network, batch, 1)) {
                for (Contender contender : List.of(ours, theirs, real)) {
                    contender.run(0);
                }
                int classes = (int) fp32.signature().outputs().get(0).tensor().shape().dim(-1).size();
                return compare(Int8Benchmark.floats(theirs.output(0, 0)), Int8Benchmark.floats(ours.output(0, 0)), classes) + "; ours with fp32: "
                        + compare(Int8Benchmark.floats(real.output(0, 0)), Int8Benchmark.floats(ours.output(0, 0)), classes);
            }
        } finally {
            Files.delete(exported);
        }
    }

    /** How alike two results are whose last axis holds scores. */
    private static String compare(FloatBuffer expected, FloatBuffer actual, int classes) {
        int rows = expected.limit() / classes;
        int same = 0;
        double power = 0;
        double error = 0;
        for (int row = 0; row < rows; row++) {
            int best = row * classes;
            int other = best;
            for (int i = row * classes; i < (row + 1) * classes; i++) {
                best = expected.get(i) > expected.get(best) ? i : best;
                other = actual.get(i) > actual.get(other) ? i : other;
                power += (double) expected.get(i) * expected.get(i);
                error += Math.pow((double) expected.get(i) - actual.get(i), 2);
            }
            same += best == other ? 1 : 0;
        }
        return String.format(Locale.ROOT, "the same largest of %d in %d of %d places, %.1f dB", classes, same, rows,
                DECIBEL * Math.log10(power / error));
    }
}
