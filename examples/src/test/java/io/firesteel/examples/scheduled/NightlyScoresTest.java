package io.firesteel.examples.scheduled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NightlyScoresTest {

    private static final Path DIGITS = Path.of(System.getProperty("firesteel.root", ".."),
            "examples/src/main/resources/io/firesteel/examples/digits");
    private static final List<String> PLACES = List.of("spark.master", "spark.ui.enabled", "spark.sql.warehouse.dir",
            "spark.driver.bindAddress", "spark.driver.host");

    @TempDir
    private Path folder;

    private String images;
    private String scores;

    private void makeTwoDaysOfImages() throws IOException {
        System.setProperty("spark.master", "local[2]");
        System.setProperty("spark.ui.enabled", "false");
        System.setProperty("spark.sql.warehouse.dir", folder.resolve("warehouse").toUri().toString());
        System.setProperty("spark.driver.bindAddress", "127.0.0.1");
        System.setProperty("spark.driver.host", "127.0.0.1");
        images = folder.resolve("images").toUri().toString();
        scores = folder.resolve("scores").toUri().toString();
        ModelFolder.publish(Compiler.compile(OnnxModel.read(DIGITS.resolve("digits.onnx")),
                CompileOptions.of("digits", Precision.FP32)), folder.resolve("models/digits"));
        try (SparkSession spark = session()) {
            spark.read().parquet(DIGITS.resolve("digits.parquet").toString())
                    .selectExpr("id", "pixels", "if(id < 1000, DATE'2026-11-19', DATE'2026-11-20') AS day")
                    .write().partitionBy("day").parquet(images);
        }
    }

    @AfterEach
    void forgetPlaces() {
        PLACES.forEach(System::clearProperty);
    }

    private static SparkSession session() {
        return SparkSession.builder().appName("test").getOrCreate();
    }

    private void run(String day) throws IOException {
        NightlyScores.main(new String[] {folder.resolve("models").toUri().toString(), images, scores, day});
    }

    @Test
    void scoresADayAndReplacesItWhenRunAgain() throws IOException {
        makeTwoDaysOfImages();
        run("2026-11-20");
        run("2026-11-19");
        run("2026-11-20");
        assertThatThrownBy(() -> run("2026-11-21")).hasMessageContaining("has no images of 2026-11-21");
        try (SparkSession spark = session()) {
            Dataset<Row> labels = spark.read().parquet(DIGITS.resolve("digits.parquet").toString()).select("id", "label");
            Dataset<Row> written = spark.read().parquet(scores);
            assertThat(written.groupBy("day").count().orderBy("day").collectAsList().stream().map(row -> row.getLong(1)))
                    .containsExactly(1000L, 797L);
            assertThat(written.select("id").distinct().count()).isEqualTo(1797);
            assertThat(written.join(labels, "id").where("digit = label").count()).isGreaterThan(1770);
        }
    }

    @Test
    void saysWhatIsWrongWithItsArguments() {
        assertThatThrownBy(() -> run("yesterday")).hasMessageContaining("DAY is 'yesterday'");
        assertThatThrownBy(() -> NightlyScores.main(new String[] {"models"})).hasMessageContaining("MODELS IMAGES SCORES");
    }
}
