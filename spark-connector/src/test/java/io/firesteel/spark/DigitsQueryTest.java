package io.firesteel.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.firesteel.spark.testing.Digits;
import io.firesteel.spark.testing.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job: SQL over Parquet with a model from a catalog. */
class DigitsQueryTest {

    private static SparkSession spark;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path models = Files.createDirectories(folder.resolve("models"));
        spark = Sessions.local(models);
        spark.sql("CALL models.system.import_model(name => 'digits', onnx => '" + Digits.onnx() + "')").collectAsList();
        spark.read().parquet(Digits.parquet().toString()).createOrReplaceTempView("images");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    @Test
    void givesTheLogitsThatOnnxRuntimeGives() {
        Map<Integer, float[]> pixels = Digits.pixels(spark);
        float[][] expected = Digits.logits(pixels.values().toArray(float[][]::new));
        List<Row> rows = spark.sql("SELECT id, models.digits(pixels) AS logits FROM images ORDER BY id").collectAsList();
        assertThat(rows).hasSize(pixels.size());
        for (int i = 0; i < expected.length; i++) {
            assertThat(Digits.floats(rows.get(i).getList(1))).containsExactly(expected[i], offset(1e-3f));
        }
    }

    @Test
    void namesTheColumnAfterTheModel() {
        assertThat(spark.sql("SELECT models.digits(pixels) FROM images").columns()).containsExactly("digits(pixels)");
    }

    @Test
    void showsTheOperator() {
        String plan = text("EXPLAIN SELECT id, models.digits(pixels)[0] FROM images WHERE id < 10");
        assertThat(plan).containsPattern("ModelInference digits\\(pixels#\\d+\\) AS digits#\\d+ \\[model: digits, hash: [0-9a-f]{12},"
                + " device: auto, precision: fp32, batch: 512]");
        assertThat(plan.indexOf("ModelInference")).isLessThan(plan.indexOf("Filter"));
    }

    @Test
    void describesTheFunction() {
        assertThat(text("DESCRIBE FUNCTION models.digits")).contains("models.digits",
                "digits(pixels: fp32[64]) -> (logits: fp32[10])", "array<float>").doesNotContain("Hash");
        assertThat(text("DESCRIBE FUNCTION EXTENDED models.digits")).contains("Hash: ", "Precision: fp32");
    }

    private static String text(String sql) {
        return spark.sql(sql).collectAsList().stream().map(row -> row.getString(0)).collect(Collectors.joining("\n"));
    }
}
