package io.firesteel.calibration.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.cli.Firesteel;
import io.firesteel.plan.ModelFolder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Equalization before a calibration: in SQL, as a main class and on the command line. */
class EqualizationTest {

    private static SparkSession spark;
    private static Path models;
    private static Path images;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        models = Files.createDirectories(folder.resolve("models"));
        images = folder.resolve("images");
        Models.publish(models, "residual");
        ModelFolder.publish(Models.chain(), models.resolve("plain"));
        spark = Models.session(models);
        spark.range(0, 100, 1, 3).selectExpr(Models.image("id") + " AS image").write().parquet(images.toString());
        spark.read().parquet(images.toString()).createOrReplaceTempView("images");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Row calibrate(String model, String equalized) {
        return spark.sql("CALL models.system.calibrate(model => '" + model + "', equalize => '" + equalized
                + "', rows => 40, data => 'SELECT image FROM images')").head();
    }

    private static String version(String model) throws Exception {
        return Files.readString(models.resolve(model).resolve("CURRENT"));
    }

    private static byte[] table(String model) throws Exception {
        try (Stream<Path> files = Files.list(models.resolve(model))) {
            return Files.readAllBytes(files.filter(file -> file.toString().endsWith(".calibration")).findFirst().orElseThrow().resolve("table"));
        }
    }

    private static void commandLine(Object... arguments) {
        StringWriter err = new StringWriter();
        String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
        assertThat(Firesteel.run(new PrintWriter(new StringWriter(), true), new PrintWriter(err, true), words)).as(err.toString()).isZero();
    }

    @Test
    void calibratesWhatTheCommandLineEqualizes() throws Exception {
        Row row = calibrate("plain", "equal");
        assertThat(row.<String>getAs("model")).isEqualTo("equal");
        assertThat(row.<Integer>getAs("equalized_pairs")).isEqualTo(1);
        commandLine("equalize", models.resolve("plain"), "-o", models.resolve("by_command"));
        assertThat(version("by_command")).isEqualTo(version("equal")).isNotEqualTo(version("plain"));
        spark.sql("CALL models.system.calibrate(model => 'by_command', rows => 40, data => 'SELECT image FROM images')");
        assertThat(table("by_command")).isEqualTo(table("equal"));
        String line = CalibrateJob.run(spark, "--models", models.toString(), "--model", "plain", "--equalize", "submitted", "--rows", "40",
                "--data", "SELECT image FROM images");
        assertThat(line).contains("1 pairs of layers equalized");
        assertThat(version("submitted")).isEqualTo(version("equal"));
        assertThat(table("submitted")).isEqualTo(table("equal"));
    }

    @Test
    void theEqualizedModelComputesTheSameAndSaysWhatItIs() {
        calibrate("plain", "same");
        assertThat(spark.sql("SELECT count(*) FROM images WHERE models.plain(image) != models.same(image)").head().getLong(0)).isZero();
        assertThat(spark.sql("DESCRIBE FUNCTION EXTENDED models.same").collectAsList().toString()).contains("equalized: 1 pairs of layers: ")
                .contains("equalized-from: ");
        spark.sql("CALL models.system.quantize(model => 'same', name => 'same_int8', validate => 'SELECT image FROM images', metric => 'cosine',"
                + " layer_rows => 20)");
        assertThat(spark.sql("SELECT * FROM models.same_int8.properties").collectAsList().toString()).contains("provenance.equalized,");
        assertThat(spark.sql("SELECT layer FROM models.same_int8.sensitivity WHERE size(equalized_with) = 1").count()).isEqualTo(2);
        spark.sql("CALL models.system.calibrate(model => 'plain', rows => 40, data => 'SELECT image FROM images')");
        spark.sql("CALL models.system.quantize(model => 'plain', name => 'plain_int8')");
        assertThat(spark.sql("SELECT layer FROM models.plain_int8.sensitivity WHERE size(equalized_with) > 0").count()).isZero();
    }

    @Test
    void namesWhatCannotBeCombined(@TempDir Path folder) {
        calibrate("plain", "once");
        assertThatThrownBy(() -> calibrate("once", "twice")).isInstanceOf(FiresteelException.class).hasMessageContaining("equalized already");
        assertThatThrownBy(() -> calibrate("residual", "none")).isInstanceOf(FiresteelException.class).hasMessageContaining("no two layers");
        assertThatThrownBy(() -> calibrate("plain", "plain")).isInstanceOf(FiresteelException.class).hasMessageContaining("the model itself");
        assertThatThrownBy(() -> calibrate("plain", "a b")).isInstanceOf(FiresteelException.class).hasMessageContaining("'a b'");
        String cache = "(model => 'once', cache => '" + folder.resolve("network.cache") + "')";
        assertThatThrownBy(() -> spark.sql("CALL models.system.export_calibration_cache" + cache)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("is equalized");
        spark.sql("CALL models.system.calibrate(model => 'plain', rows => 40, data => 'SELECT image FROM images')");
        spark.sql("CALL models.system.export_calibration_cache" + cache.replace("once", "plain"));
        assertThatThrownBy(() -> spark.sql("CALL models.system.import_calibration_cache" + cache)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("is equalized");
        spark.sql("CALL models.system.quantize(model => 'plain', name => 'int8')");
        assertThatThrownBy(() -> calibrate("int8", "int8_equal")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("quantized already");
        assertThatThrownBy(() -> spark.sql("CALL models.system.quantize(model => 'int8', name => 'again')"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("quantized already");
        assertThatThrownBy(() -> spark.sql("CALL models.system.import_calibration_cache" + cache.replace("once", "int8")))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("quantized already");
    }
}
