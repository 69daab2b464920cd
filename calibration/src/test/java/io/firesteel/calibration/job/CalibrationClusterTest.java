package io.firesteel.calibration.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.ModelCatalog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of two executor JVMs, one of which dies while it writes a chunk. */
class CalibrationClusterTest {

    private static SparkSession spark;
    private static Path models;
    private static Path trap;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        trap = folder.resolve("trap");
        models = Files.createDirectories(folder.resolve("models"));
        Models.publish(models, "whole", "killed", "quantized");
        ModelFolder.publish(Models.wide(), models.resolve("wide"));
        spark = SparkSession.builder().master("local-cluster[2,1,1024]").appName("firesteel-calibration-cluster-tests")
                .config("spark.ui.enabled", false)
                .config("spark.executor.memory", "512m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.SPARK_TESTING", "1")
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.13")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.hadoop.fs.halting.impl", HaltingFileSystem.class.getName())
                .config("spark.hadoop." + HaltingFileSystem.TRAP, trap.toString())
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", "halting://" + models)
                .getOrCreate();
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Row calibrate(String model) {
        return spark.sql("CALL models.system.calibrate(model => '" + model + "', rows => 40, data => \"SELECT " + Models.image()
                + " AS image FROM range(0, 100, 1, 4)\")").head();
    }

    private static byte[] table(String model) throws Exception {
        try (Stream<Path> files = Files.list(models.resolve(model))) {
            return Files.readAllBytes(files.filter(file -> file.toString().endsWith(".calibration")).findFirst().orElseThrow()
                    .resolve("table"));
        }
    }

    @Test
    void givesTheSameBytesWhenAnExecutorDies() throws Exception {
        Row whole = calibrate("whole");
        Files.createFile(trap);
        Row killed = calibrate("killed");
        assertThat(trap).as("an executor died").doesNotExist();
        assertThat(killed.<Long>getAs("rows")).isEqualTo(whole.<Long>getAs("rows")).isEqualTo(40);
        assertThat(table("killed")).isEqualTo(table("whole"));
    }

    @Test
    void holdsFewRowsHoweverManyThereAre() {
        String data = "SELECT CAST(repeat(lpad(CAST(id AS STRING), 8, \"0\"), 131072) AS BINARY) AS image FROM range(0, 560, 1, 1)";
        Row calibrated = spark.sql("CALL models.system.calibrate(model => 'wide', rows => 560, data => '" + data + "')").head();
        assertThat(calibrated.<Long>getAs("rows")).as("rows of 1 MiB that one executor of 512 MiB sends").isEqualTo(560);
        Row quantized = spark.sql("CALL models.system.quantize(model => 'wide', name => 'wide_int8', metric => 'mse', layer_rows => 20,"
                + " validate => '" + data + "')").head();
        assertThat(quantized.<Long>getAs("test_rows")).as("about half of the rows").isBetween(200L, 360L);
    }

    @Test
    void quantizesOnBothExecutors() {
        calibrate("quantized");
        Row row = spark.sql("CALL models.system.quantize(model => 'quantized', name => 'quantized_int8', metric => 'cosine', max_loss => 0.01D,"
                + " layer_rows => 20, validate => \"SELECT " + Models.image("id") + " AS image FROM range(0, 120, 1, 4)\")").head();
        assertThat(row.<Long>getAs("selection_rows") + row.<Long>getAs("test_rows")).isEqualTo(120);
        assertThat(row.<Double>getAs("loss_high")).isBetween(0.0, 0.01);
        assertThat(row.<Long>getAs("int8_layers")).isEqualTo(row.<Long>getAs("layers"));
        assertThat(spark.sql("SELECT * FROM models.quantized_int8.sensitivity WHERE signal_to_noise > 20").count()).isEqualTo(3);
    }
}
