package io.firesteel.calibration.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.calibration.job.Models;
import io.firesteel.calibration.sensitivity.SensitivityTable;
import io.firesteel.calibration.store.SensitivityFile;
import io.firesteel.cli.Firesteel;
import io.firesteel.cli.Npy;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidationOptionsTest {

    private static final int ROWS = 200;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void calibrate() throws Exception {
        Random random = new Random(8);
        Tensor images = Tensor.zeros(DataType.FLOAT32, ROWS, 2, 6, 6);
        Tensor labels = Tensor.zeros(DataType.INT64, ROWS);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            float[] image = new float[Models.ELEMENTS];
            for (int j = 0; j < image.length; j++) {
                image[j] = (float) random.nextGaussian();
                images.setDouble((long) i * image.length + j, image[j]);
            }
            labels.setLong(i, i % 3);
            rows.add(RowFactory.create(image, i % 3));
        }
        Npy.write(images, folder.resolve("images.npy"));
        Npy.write(labels, folder.resolve("labels.npy"));
        PlanWriter.write(Models.network(), folder.resolve("network.plan"));
        run(0, "calibrate", "network.plan", "--data", "images.npy", "--rows", "50");
        try (SparkSession spark = Models.session(folder.resolve("models"))) {
            spark.createDataFrame(rows, StructType.fromDDL("image ARRAY<FLOAT>, label INT")).repartition(3).write()
                    .parquet(folder.resolve("images").toString());
        }
    }

    private static String run(int status, String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] arguments = new String[words.length];
        for (int i = 0; i < words.length; i++) {
            boolean file = words[i].matches(".*\\.(npy|plan)|images");
            arguments[i] = file ? folder.resolve(words[i]).toString() : words[i];
        }
        assertThat(Firesteel.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments)).as(err.toString()).isEqualTo(status);
        return status == 0 ? out.toString() : err.toString();
    }

    private static SensitivityTable table(String plan) {
        return new SensitivityFile(folder.resolve(plan).toUri().toString(), new Configuration()).read().orElseThrow();
    }

    @Test
    void givesTheSameForNpyAndParquet() {
        assertThat(run(0, "quantize", "network.plan", "-o", "npy.plan", "--name", "int8", "--validate", "images.npy", "--label", "labels.npy",
                "--max-loss", "0.08", "--layer-rows", "32")).contains("layers in int8; top1", "at most 0.08", "alone in int8 [dB]", "the bound of 0.08 holds");
        assertThat(run(0, "quantize", "network.plan", "-o", "parquet.plan", "--name", "int8", "--validate", "images", "--max-loss", "0.08",
                "--layer-rows", "32", "--json")).contains("\"metric\": \"top1\"").contains("\"int8Layers\"");
        SensitivityTable one = table("npy.plan");
        SensitivityTable other = table("parquet.plan");
        assertThat(PlanReader.read(folder.resolve("npy.plan")).hash()).isEqualTo(PlanReader.read(folder.resolve("parquet.plan")).hash());
        assertThat(PlanReader.read(folder.resolve("npy.plan")).precision()).isEqualTo(Precision.FP16);
        assertThat(one.layers()).extracting(layer -> layer.effect().layer())
                .isEqualTo(other.layers().stream().map(layer -> layer.effect().layer()).toList());
        for (int i = 0; i < one.steps().size(); i++) {
            assertThat(other.steps().get(i).loss()).isEqualTo(one.steps().get(i).loss());
            assertThat(other.steps().get(i).rows()).isEqualTo(one.steps().get(i).rows());
        }
    }

    @Test
    void aPlanThatWasNotValidatedHasNoTableOfOneThatWas() {
        Path onnx = folder.resolve("again.onnx");
        assertThat(run(0, "quantize", "network.plan", "-o", "again.plan", "--validate", "images.npy", "--metric", "cosine", "--layer-rows", "8",
                "--export-onnx", onnx.toString())).contains("again.onnx: written");
        assertThat(table("again.plan").metric()).isEqualTo("cosine");
        run(0, "quantize", "network.plan", "-o", "again.plan");
        assertThat(new SensitivityFile(folder.resolve("again.plan").toUri().toString(), new Configuration()).read()).isEmpty();
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--max-loss", "0.1")).contains("--validate");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--metric", "f1")).contains("--metric needs rows").contains("--validate");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images", "--columns", "picture"))
                .contains("no column 'picture'").contains("image, label");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy")).contains("--label FILE.npy");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy", "--metric", "f1")).contains("top1, top5");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy", "--columns", "image"))
                .contains("about Parquet columns");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy", "--label", "labels.npy", "--max-loss", "3"))
                .contains("0.003 for 0.3 points");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy", "--label", "labels.npy", "--max-loss", "0"))
                .contains("can be proved on no number of rows");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--weight-only", "-5")).contains("weight_only = -5");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy", "--metric", "mse", "--keep", "a"))
                .contains("--keep");
        assertThat(run(1, "quantize", "network.plan", "-o", "x.plan", "--validate", "images.npy", "--label", "images.npy")).contains("labels for 200 rows");
    }
}
