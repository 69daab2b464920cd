package io.firesteel.calibration.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.calibration.cache.CalibrationCache;
import io.firesteel.calibration.job.Models;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.cli.Firesteel;
import io.firesteel.cli.Npy;
import io.firesteel.plan.PlanWriter;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrateCommandTest {

    private static final int ROWS = 90;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void store() throws Exception {
        PlanWriter.write(Models.network(), folder.resolve("network.plan"));
        PlanWriter.write(Models.network(), folder.resolve("other.plan"));
        Random random = new Random(8);
        Tensor images = Tensor.zeros(DataType.FLOAT32, ROWS, 2, 6, 6);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            float[] image = new float[Models.ELEMENTS];
            for (int j = 0; j < image.length; j++) {
                image[j] = (float) random.nextGaussian();
                images.setDouble((long) i * image.length + j, image[j]);
            }
            rows.add(RowFactory.create(i, image));
        }
        Npy.write(images, folder.resolve("images.npy"));
        try (SparkSession spark = Models.session(folder.resolve("models"))) {
            spark.createDataFrame(rows, StructType.fromDDL("id INT, image ARRAY<FLOAT>")).repartition(3).write()
                    .parquet(folder.resolve("images").toString());
        }
    }

    private static String run(int status, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertThat(Firesteel.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments)).as(err.toString()).isEqualTo(status);
        return status == 0 ? out.toString() : err.toString();
    }

    private static byte[] table(String plan) throws Exception {
        return Files.readAllBytes(folder.resolve(plan + ".calibration").resolve("table"));
    }

    @Test
    void givesTheSameForNpyAndParquetAndExchangesCaches() throws Exception {
        String plan = folder.resolve("network.plan").toString();
        String other = folder.resolve("other.plan").toString();
        Path cache = folder.resolve("network.cache");
        assertThat(run(0, "calibrate", plan, "--data", folder.resolve("images.npy").toString(), "--rows", "50", "--method", "entropy",
                "--export-cache", cache.toString())).contains("50 rows, method entropy").contains("network.cache: written");
        assertThat(run(0, "calibrate", other, "--data", folder.resolve("images").toString(), "--columns", "image", "--rows", "50",
                "--method", "entropy", "--json")).contains("\"rows\": 50").contains("\"reused\": 0");
        assertThat(table("other")).isEqualTo(table("network"));
        CalibrationTable table = CalibrationTable.fromBytes(table("network"));
        assertThat(table.toBytes()).isEqualTo(table("network"));
        assertThat(CalibrationCache.read(cache).scales()).hasSameSizeAs(table.tensors());
        assertThat(run(0, "calibrate", other, "--import-cache", cache.toString())).contains("method imported");
        assertThat(CalibrationTable.fromBytes(table("other")).thresholds().keySet()).isEqualTo(table.thresholds().keySet());
    }

    @Test
    void takesRowsOfTheInputsShapeAlone() {
        String plan = folder.resolve("network.plan").toString();
        Path file = folder.resolve("shaped.npy");
        for (long[] shape : new long[][] {{ROWS, 6, 6, 2}, {ROWS / 2, 2, 2, 6, 6}, {Models.ELEMENTS, ROWS}, {2, ROWS / 2, 6, 12}}) {
            Npy.write(Tensor.zeros(DataType.FLOAT32, shape), file);
            assertThat(run(1, "calibrate", plan, "--data", file.toString())).contains("give rows of the input's shape");
        }
        Npy.write(Tensor.zeros(DataType.FLOAT32, ROWS, Models.ELEMENTS), file);
        assertThat(run(0, "calibrate", plan, "--data", file.toString())).contains("was never excited")
                .contains("the data has 90 rows, fewer than the 1024 asked for");
    }

    @Test
    void saysWhatIsWrong() {
        String plan = folder.resolve("network.plan").toString();
        assertThat(run(1, "calibrate", plan)).contains("--data");
        assertThat(run(1, "calibrate", plan, "--data", folder.resolve("images.npy").toString(), "--method", "best")).contains("best");
        assertThat(run(1, "calibrate", folder.resolve("none.plan").toString(), "--data", "x.npy")).contains("none.plan");
        String images = folder.resolve("images").toString();
        assertThat(run(1, "calibrate", plan, "--data", folder.resolve("none").toString())).contains("--data").contains("PATH_NOT_FOUND")
                .contains("give a Parquet file or folder").doesNotContain("internal error");
        assertThat(run(1, "calibrate", plan, "--data", plan)).contains("cannot be read as Parquet").doesNotContain("internal error");
        assertThat(run(1, "calibrate", plan, "--data", images, "--columns", "picture")).contains("no column 'picture'").contains("id, image");
        assertThat(run(1, "calibrate", plan, "--data", images, "--columns", "image", "--stratify", "kind")).contains("no column 'kind'");
        String tensors = folder.resolve("images.npy").toString();
        assertThat(run(1, "calibrate", plan, "--data", tensors, "--stratify", "kind")).contains("about Parquet columns");
        assertThat(run(1, "calibrate", plan, "--data", tensors, "--data", tensors)).contains("is for no input");
        assertThat(run(1, "calibrate", plan, "--data", tensors, "--import-cache", tensors)).contains("give one of the two");
        assertThat(run(1, "calibrate", plan, "--data", tensors, "--batch", "1000000000")).contains("compute fewer rows at once");
        assertThat(run(1, "calibrate", plan, "--data", tensors, "--export-cache", "x", "--cache-header", "y")).contains("'y' is no header");
        assertThat(run(1, "calibrate", plan, "--data", images)).contains("select the columns of its inputs alone");
        String absent = folder.resolve("none/cache").toString();
        assertThat(run(1, "calibrate", plan, "--import-cache", absent)).contains("cannot be read").contains("[CALIBRATION_CACHE]");
        run(0, "calibrate", plan, "--data", folder.resolve("images.npy").toString());
        assertThat(run(1, "calibrate", plan, "--export-cache", absent)).contains("cannot be written").contains("[OUTPUT_UNWRITABLE]");
        String int8 = folder.resolve("int8.plan").toString();
        run(0, "quantize", plan, "-o", int8);
        assertThat(run(1, "calibrate", int8, "--data", images, "--columns", "image")).contains("quantized already");
    }
}
