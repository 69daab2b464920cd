package io.firesteel.tests.benchmark;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import io.firesteel.quant.LayerPrecision;
import io.firesteel.quant.Quantizer;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the int8 plans whose speed {@code gpu-benchmark} measures, from ONNX files with one input of images. */
@Command(name = "int8-plans", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Writes FOLDER/NETWORK_int8.plan for each FOLDER/NETWORK.onnx, with the largest magnitudes on random rows as thresholds.")
final class Int8Plans implements Callable<Integer> {

    private static final int BATCH = 8;

    @Parameters(index = "0", paramLabel = "FOLDER")
    private Path folder;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "NETWORK")
    private List<String> networks;

    @Option(names = "--rows", defaultValue = "16", description = "rows that are calibrated on (default: ${DEFAULT-VALUE})")
    private int rows;

    @Option(names = "--device", defaultValue = "auto", description = "where they are computed (default: ${DEFAULT-VALUE})")
    private String device;

    private Int8Plans() { }

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Int8Plans()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        for (String network : networks) {
            Plan plan = Compiler.compile(OnnxModel.read(folder.resolve(network + ".onnx")), CompileOptions.of(network, Precision.FP16));
            TensorType type = (TensorType) plan.signature().inputs().get(0).type();
            long elements = type.shape().dims().stream().skip(1).mapToLong(Dim::size).reduce(1, (a, b) -> a * b);
            ByteBuffer images = ByteBuffer.allocate(Math.toIntExact(rows * elements * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            Random random = new Random(1);
            while (images.hasRemaining()) {
                images.putFloat((float) random.nextGaussian());
            }
            long start = System.nanoTime();
            Quantizer quantizer = Quantizer.of(plan, LargestMagnitudes.of(plan, device, List.of(images.flip()), rows, BATCH));
            double seconds = (System.nanoTime() - start) * 1e-9;
            Path file = folder.resolve(network + "_int8.plan");
            PlanWriter.write(quantizer.quantize(network + "_int8", Set.of()), file);
            List<LayerPrecision> layers = quantizer.report(Set.of());
            System.out.printf("%s: %d of %d layers in int8, %d bytes, calibrated on %d rows in %.1f s%n", file,
                    layers.stream().filter(LayerPrecision::int8).count(), layers.size(), Files.size(file), rows, seconds);
        }
        return 0;
    }
}
