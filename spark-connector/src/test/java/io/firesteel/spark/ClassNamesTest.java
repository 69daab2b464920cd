package io.firesteel.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Precision;
import io.firesteel.processing.Postprocessing;
import io.firesteel.spark.testing.Digits;
import io.firesteel.spark.testing.Evaluations;
import io.firesteel.spark.testing.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classes by their names, where labels were declared when the model was built. */
class ClassNamesTest {

    private static final List<String> NAMES = List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
    private static final String INDEX = "array_position(array('" + String.join("', '", NAMES) + "'), ";

    private static SparkSession spark;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path models = Files.createDirectories(folder.resolve("models"));
        publish(models, "scores", Postprocessing.NONE);
        publish(models, "number", new Postprocessing(false, Postprocessing.Selection.ARGMAX, 0, List.of()));
        publish(models, "best", new Postprocessing(false, Postprocessing.Selection.ARGMAX, 0, NAMES));
        publish(models, "three", new Postprocessing(true, Postprocessing.Selection.TOP_K, 3, NAMES));
        publish(models, "labelled_scores", new Postprocessing(false, Postprocessing.Selection.ALL, 0, NAMES));
        spark = Sessions.local(models);
        spark.read().parquet(Digits.parquet().toString()).createOrReplaceTempView("images");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static void publish(Path models, String name, Postprocessing after) throws Exception {
        ModelFolder.publish(Compiler.compile(OnnxModel.read(Digits.onnx()), CompileOptions.of(name, Precision.FP32).with(List.of(), after)),
                models.resolve(name));
    }

    @Test
    void namesTheBestClass() {
        Dataset<Row> frame = spark.sql("SELECT models.best(pixels) AS name, models.scores(pixels) AS scores FROM images");
        assertThat(frame.schema().apply("name").dataType().catalogString()).isEqualTo("string");
        for (Row row : frame.collectAsList()) {
            List<Float> scores = row.getList(1);
            assertThat(scores.get(NAMES.indexOf(row.getString(0)))).isEqualTo(Collections.max(scores));
        }
        assertThat(spark.sql("SELECT models.best(pixels) FROM images").columns()).containsExactly("best(pixels)");
    }

    @Test
    void namesTheFirstClasses() {
        Dataset<Row> frame = spark.sql("SELECT r.*, models.best(pixels) AS best FROM (SELECT pixels, models.three(pixels) r FROM images)");
        assertThat(frame.schema().catalogString())
                .isEqualTo("struct<logits_values:array<float>,logits_indices:array<string>,best:string>");
        assertThat(frame.collectAsList()).isNotEmpty().allSatisfy(row -> {
            List<String> names = row.getList(1);
            assertThat(names).hasSize(3).doesNotHaveDuplicates().isSubsetOf(NAMES).startsWith(row.getString(2));
        });
    }

    @Test
    void computesOncePerRowWhereverTheNameIsUsed() {
        Dataset<Row> frame = spark.sql("SELECT id, models.best(pixels) n FROM images WHERE models.best(pixels) IN ('one', 'two')");
        long expected = spark.sql("SELECT count(*) FROM images WHERE models.number(pixels) IN (1, 2)").head().getLong(0);
        assertThat(frame.collectAsList()).hasSize((int) expected).extracting(row -> row.getString(1)).containsOnly("one", "two");
        assertThat(Evaluations.sum(frame, "rows")).isEqualTo(spark.table("images").count());
    }

    @Test
    void agreesWithTheIndexOverRowsAndWithoutCodeGeneration() {
        for (String mode : List.of("true", "false")) {
            spark.conf().set("spark.sql.codegen.wholeStage", mode);
            Row row = spark.sql("SELECT count(*), count_if(" + INDEX + "models.best(p)) - 1 = models.number(p)), count(models.best(p))"
                    + " FROM (SELECT IF(id = 5, NULL, pixels) p FROM images)").head();
            spark.conf().unset("spark.sql.codegen.wholeStage");
            assertThat(row.getLong(1)).isEqualTo(row.getLong(0) - 1).isEqualTo(row.getLong(2));
        }
    }

    @Test
    void saysWhatTypeItGives() {
        assertThat(spark.sql("SELECT sql_type FROM models.best.signature WHERE direction = 'output'").head().getString(0))
                .isEqualTo("string");
        assertThat(spark.sql("SELECT sql_type FROM models.labelled_scores.signature WHERE direction = 'output'").head().getString(0))
                .isEqualTo("array<float>");
        assertThat(spark.sql("DESCRIBE FUNCTION models.best").collectAsList()).extracting(row -> row.getString(0))
                .contains("Returns: string");
    }
}
