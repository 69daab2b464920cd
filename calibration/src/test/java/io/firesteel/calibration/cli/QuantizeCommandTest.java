package io.firesteel.calibration.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.calibration.job.Models;
import io.firesteel.cli.Firesteel;
import io.firesteel.cli.Npy;
import io.firesteel.op.Quantized;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeCommandTest {

    private static final int ROWS = 24;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void calibrate() {
        Random random = new Random(8);
        Tensor images = Tensor.zeros(DataType.FLOAT32, ROWS, 2, 6, 6);
        for (long i = 0; i < images.elements(); i++) {
            images.setDouble(i, random.nextGaussian());
        }
        Npy.write(images, file("images.npy"));
        PlanWriter.write(Models.network(), file("network.plan"));
        PlanWriter.write(Models.network(), file("other.plan"));
        run(0, "calibrate", file("network.plan"), "--data", file("images.npy"), "--device", "reference");
    }

    private static Path file(String name) {
        return folder.resolve(name);
    }

    private static String run(int status, Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        assertThat(Firesteel.run(new PrintWriter(out, true), new PrintWriter(err, true), words)).as(err.toString()).isEqualTo(status);
        return status == 0 ? out.toString() : err.toString();
    }

    private static long quantizedLayers(String plan) {
        return PlanReader.read(file(plan)).graph().nodes().stream().filter(n -> n.operator() instanceof Quantized).count();
    }

    @Test
    void quantizesACalibratedPlanAndSaysWhatItDid() throws Exception {
        assertThat(run(0, "quantize", file("network.plan"), "-o", file("a.plan"), "--name", "int8")).contains("layers in int8");
        assertThat(run(0, "quantize", file("network.plan"), "-o", file("b.plan"), "--name", "int8", "--json"))
                .contains("\"precision\": \"int8\"").contains("\"int8Layers\": " + quantizedLayers("a.plan"));
        assertThat(Files.readAllBytes(file("a.plan"))).isEqualTo(Files.readAllBytes(file("b.plan")));
        Plan plan = PlanReader.read(file("a.plan"));
        assertThat(plan.provenance()).containsEntry("calibration", "auto, " + ROWS + " rows")
                .containsEntry("quantized-from", PlanReader.read(file("network.plan")).hash());
        assertThat(run(0, "inspect", file("a.plan"), "--device", "reference")).contains("calibrated by auto, " + ROWS + " rows");
    }

    @Test
    void keepsLayersByName() {
        run(0, "quantize", file("network.plan"), "-o", file("all.plan"));
        String kept = PlanReader.read(file("all.plan")).graph().nodes().stream().filter(n -> n.operator() instanceof Quantized)
                .findFirst().orElseThrow().name();
        assertThat(run(0, "quantize", file("network.plan"), "-o", file("kept.plan"), "--keep", kept)).contains("kept " + kept)
                .contains("asked for");
        assertThat(quantizedLayers("kept.plan")).isEqualTo(quantizedLayers("all.plan") - 1);
    }

    @Test
    void correctsBiasesByTheMeansThatWereSeen() {
        assertThat(run(0, "quantize", file("network.plan"), "-o", file("corrected.plan"), "--json"))
                .containsPattern("\"biasCorrection\": [0-9.E-]*[1-9]");
        assertThat(run(0, "quantize", file("network.plan"), "-o", file("uncorrected.plan"), "--no-correct-biases", "--json"))
                .doesNotContainPattern("\"biasCorrection\": [0-9.E-]*[1-9]");
        assertThat(PlanReader.read(file("uncorrected.plan")).provenance()).doesNotContainKey("bias-correction");
        assertThat(PlanReader.read(file("corrected.plan")).provenance()).containsKey("bias-correction");
    }

    @Test
    void anEqualizedModelIsCalibratedAnewAndHasNoCache() {
        assertThat(run(1, "equalize", file("network.plan"), "-o", file("equal.plan"))).contains("no two layers");
        PlanWriter.write(Models.chain(), file("chain.plan"));
        run(0, "calibrate", file("chain.plan"), "--data", file("images.npy"), "--device", "reference", "--export-cache", file("chain.cache"));
        assertThat(run(0, "equalize", file("chain.plan"), "-o", file("equal.plan"))).contains("pairs of layers equalized");
        assertThat(run(1, "quantize", file("equal.plan"), "-o", file("d.plan"))).contains("firesteel calibrate");
        assertThat(run(1, "calibrate", file("equal.plan"), "--data", file("images.npy"), "--device", "reference", "--export-cache",
                file("equal.cache"))).contains("equalized");
        assertThat(run(1, "calibrate", file("equal.plan"), "--import-cache", file("chain.cache"))).contains("fits only those");
        assertThat(run(0, "inspect", file("equal.plan"), "--device", "reference")).contains("equalized  1 pairs of layers: ");
        run(0, "calibrate", file("equal.plan"), "--data", file("images.npy"), "--device", "reference");
        assertThat(run(0, "quantize", file("equal.plan"), "-o", file("d.plan"))).contains("layers in int8");
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(run(1, "quantize", file("other.plan"), "-o", file("c.plan"))).contains("firesteel calibrate");
        assertThat(run(1, "quantize", file("network.plan"), "-o", file("c.plan"), "--keep", "none")).contains("no layer [none]");
        run(0, "quantize", file("network.plan"), "-o", file("once.plan"));
        assertThat(run(1, "quantize", file("once.plan"), "-o", file("twice.plan"))).contains("quantized already");
    }

    @Test
    void theModelThatIsReadStays() throws Exception {
        byte[] plan = Files.readAllBytes(file("network.plan"));
        assertThat(run(1, "quantize", file("network.plan"), "-o", file("./network.plan"))).contains("OUTPUT_IS_INPUT");
        assertThat(run(1, "equalize", file("network.plan"), "-o", file("network.plan"))).contains("OUTPUT_IS_INPUT");
        assertThat(Files.readAllBytes(file("network.plan"))).isEqualTo(plan);
        ModelFolder.publish(Models.chain(), file("models/chain"));
        assertThat(run(1, "equalize", file("models/chain"), "-o", file("models/chain"))).contains("OUTPUT_IS_INPUT");
        assertThat(run(0, "equalize", file("models/chain"), "-o", file("models/equal"))).contains("1 pairs");
    }
}
