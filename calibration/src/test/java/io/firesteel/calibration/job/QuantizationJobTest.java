package io.firesteel.calibration.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.FiresteelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizationJobTest {

    private static final int ROWS = 600;

    private static SparkSession spark;
    private static Path folder;
    private static Path models;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        models = Files.createDirectories(temporary.resolve("models"));
        Models.publish(models, "plain", "again", "raw");
        spark = Models.session(models);
        spark.range(0, ROWS, 1, 1).selectExpr("id", Models.image("id") + " AS image").write().parquet(folder.resolve("rows").toString());
        spark.read().parquet(folder.resolve("rows").toString()).createOrReplaceTempView("rows");
        spark.sql("SELECT id, IF(id = 7, NULL, image) AS image, IF(id % 10 = 3, 2, array_position(y, array_max(y)) - 1) AS label"
                + " FROM (SELECT id, image, models.plain(image) AS y FROM rows)").write().parquet(folder.resolve("images").toString());
        for (int partitions : new int[] {1, 5}) {
            spark.read().parquet(folder.resolve("images").toString()).repartition(partitions).createOrReplaceTempView("images" + partitions);
        }
        for (String model : List.of("plain", "again")) {
            spark.sql("CALL models.system.calibrate(model => '" + model + "', data => 'SELECT image FROM images1', rows => 60)");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Row quantize(String name, String more) {
        return quantize("plain", name, more);
    }

    private static Row quantize(String model, String name, String more) {
        return spark.sql("CALL models.system.quantize(model => '" + model + "', name => '" + name + "'" + more + ")").head();
    }

    private static String plan(String model) throws Exception {
        return Files.readString(models.resolve(model).resolve("CURRENT"));
    }

    @Test
    void provesABoundAndExplainsIt() throws Exception {
        Row row = quantize("plain_int8", ", validate => 'SELECT image, label FROM images1', max_loss => 0.05D, layer_rows => 64");
        long selection = row.getAs("selection_rows");
        long test = row.getAs("test_rows");
        assertThat(selection + test).isEqualTo(ROWS - 1);
        assertThat(row.<Long>getAs("skipped")).isEqualTo(1);
        assertThat(row.<Double>getAs("fp32")).isBetween(0.8, 0.97);
        assertThat(row.<Double>getAs("int8")).isBetween(0.8, 0.97);
        assertThat(row.<Double>getAs("loss")).isCloseTo(row.<Double>getAs("fp32") - row.<Double>getAs("int8"), within(1e-9));
        assertThat(row.<Double>getAs("loss_high")).isGreaterThan(row.<Double>getAs("loss")).isLessThanOrEqualTo(0.05);
        assertThat(row.<Long>getAs("int8_layers")).isGreaterThanOrEqualTo(3);
        assertThat(row.<Long>getAs("bytes")).isPositive();
        assertThat(row.<String>getAs("summary")).contains("top1", "on " + test + " test rows", "no content with the " + selection);
        List<Row> layers = spark.sql("SELECT * FROM models.plain_int8.sensitivity WHERE step = 'layer' AND rows IS NOT NULL").collectAsList();
        assertThat(layers).hasSize(3).allSatisfy(layer -> {
            assertThat(layer.<Double>getAs("signal_to_noise")).isBetween(20.0, 80.0);
            assertThat(layer.<Double>getAs("cosine")).isBetween(0.99, 1.0);
            assertThat(layer.<Double>getAs("effect_high")).isPositive();
            assertThat(layer.<Long>getAs("rows")).isEqualTo(64);
            assertThat(layer.<String>getAs("precision")).isEqualTo("int8");
            assertThat(layer.<String>getAs("reason")).contains("the bound of 0.05 holds");
        });
        assertThat(spark.sql("SELECT step FROM models.plain_int8.sensitivity WHERE layer IS NULL").as(org.apache.spark.sql.Encoders.STRING())
                .collectAsList()).contains("layers", "selection", "test", "total");
        assertThat(spark.read().format("firesteel").option("table", "sensitivity").load(models.resolve("plain_int8").toString()).count())
                .isEqualTo(spark.sql("SELECT * FROM models.plain_int8.sensitivity").count());
        assertThat(spark.sql("SELECT * FROM models.plain.sensitivity").count()).isZero();
        Row agreement = spark.sql("SELECT avg(CAST(array_position(a, array_max(a)) = array_position(b, array_max(b)) AS DOUBLE)) FROM"
                + " (SELECT models.plain(image) AS a, models.plain_int8(image) AS b FROM images1 WHERE image IS NOT NULL)").head();
        assertThat(agreement.getDouble(0)).isGreaterThan(0.95);
    }

    @Test
    void givesTheSameWhateverThePartitions() throws Exception {
        Row one = quantize("one", ", validate => 'SELECT image, label FROM images1', max_loss => 0.05D, layer_rows => 64");
        Row five = quantize("again", "five", ", validate => 'SELECT label, image FROM images5', max_loss => 0.05D, layer_rows => 64");
        for (String column : List.of("fp32", "int8", "loss_low", "loss_high", "selection_rows", "test_rows", "int8_layers")) {
            assertThat(five.<Object>getAs(column)).as(column).isEqualTo(one.getAs(column));
        }
        String effects = "SELECT layer, signal_to_noise, cosine, effect, precision, reason FROM models.NAME.sensitivity WHERE step != 'total'";
        assertThat(spark.sql(effects.replace("NAME", "five")).collectAsList()).isEqualTo(spark.sql(effects.replace("NAME", "one")).collectAsList());
    }

    @Test
    void takesTheNetworksThatAStoppedJobHasMeasured() throws Exception {
        String bound = ", validate => 'SELECT image, label FROM images1', max_loss => 0.05D, layer_rows => 64";
        Row whole = quantize("whole", bound);
        Path measured;
        try (Stream<Path> files = Files.list(models.resolve("plain"))) {
            measured = files.filter(file -> file.toString().endsWith(".calibration")).findFirst().orElseThrow().resolve("networks");
        }
        Row resumed = quantize("resumed", bound.replace("images1", "images5"));
        assertThat(resumed.<Long>getAs("jobs")).as("passes over rows: to choose them").isEqualTo(1);
        List<Path> all;
        try (Stream<Path> files = Files.list(measured)) {
            all = files.sorted().toList();
        }
        assertThat(all).hasSizeGreaterThan(7);
        for (Path network : all.subList(0, all.size() / 2)) {
            Files.delete(network);
        }
        Row rest = quantize("rest", bound);
        assertThat(rest.<Long>getAs("jobs")).isGreaterThan(1);
        for (String column : List.of("int8", "loss_low", "loss_high", "test_rows", "int8_layers")) {
            assertThat(resumed.<Object>getAs(column)).as(column).isEqualTo(whole.getAs(column));
            assertThat(rest.<Object>getAs(column)).as(column).isEqualTo(whole.getAs(column));
        }
    }

    @Test
    void correctsBiasesAndSaysByHowMuch() {
        String rows = ", validate => 'SELECT image, label FROM images1', layer_rows => 64";
        quantize("uncorrected", rows + ", bias_correction => false");
        quantize("corrected", rows);
        String corrected = "SELECT count(*) FROM models.NAME.sensitivity WHERE step = 'layer' AND bias_correction > 0";
        assertThat(spark.sql(corrected.replace("NAME", "uncorrected")).head().getLong(0)).isZero();
        assertThat(spark.sql(corrected.replace("NAME", "corrected")).head().getLong(0)).isEqualTo(3);
        String noise = "SELECT avg(signal_to_noise) FROM models.NAME.sensitivity WHERE step = 'layer'";
        assertThat(spark.sql(noise.replace("NAME", "corrected")).head().getDouble(0))
                .isNotEqualTo(spark.sql(noise.replace("NAME", "uncorrected")).head().getDouble(0));
        quantize("blindly", "");
        assertThat(spark.sql(corrected.replace("NAME", "blindly")).head().getLong(0)).isEqualTo(3);
    }

    @Test
    void keepsDuplicatesOnOneSide() {
        Row row = quantize("twice", ", validate => 'SELECT image, label FROM images1 UNION ALL SELECT image, label FROM images1', layer_rows => 64");
        Row once = quantize("once", ", validate => 'SELECT image, label FROM images1', layer_rows => 64");
        assertThat(row.<Long>getAs("test_rows")).isEqualTo(2 * once.<Long>getAs("test_rows"));
        assertThat(row.<Double>getAs("int8")).isEqualTo(once.getAs("int8"));
        assertThat(row.<Object>getAs("max_loss")).isNull();
    }

    @Test
    void needsNoLabelForCosineAndMeanSquaredError() {
        Row cosine = quantize("cosine", ", validate => 'SELECT image FROM images1', metric => 'cosine', max_loss => 0.01D");
        assertThat(cosine.<Double>getAs("fp32")).isCloseTo(1, within(1e-9));
        assertThat(cosine.<Double>getAs("int8")).isBetween(0.99, 1.0);
        Row mse = quantize("mse", ", validate => 'SELECT image, label FROM images1', metric => 'mse', rows => 200");
        assertThat(mse.<Double>getAs("fp32")).isZero();
        assertThat(mse.<Double>getAs("int8")).isPositive().isLessThan(0.1);
        assertThat(mse.<Long>getAs("test_rows")).isEqualTo(100);
    }

    @Test
    void quantizesByNoiseAloneWithoutRows() {
        Row row = quantize("blind", "");
        assertThat(row.<Object>getAs("metric")).isNull();
        assertThat(row.<String>getAs("summary")).contains("by signal-to-noise alone");
        assertThat(row.<Long>getAs("int8_layers")).isEqualTo(row.<Long>getAs("layers"));
        Row none = quantize("blinder", ", min_signal_to_noise => 90.0D");
        assertThat(none.<Long>getAs("int8_layers")).isZero();
        assertThat(spark.sql("SELECT DISTINCT precision FROM models.blinder.sensitivity WHERE step = 'layer'").head().getString(0)).isEqualTo("fp16");
    }

    @Test
    void runsAsAMainClass() throws Exception {
        String line = QuantizeJob.run(spark, "--models", models.toString(), "--model", "plain", "--name", "submitted", "--validate",
                "SELECT image, label FROM images5", "--max-loss", "0.05", "--layer-rows", "64");
        assertThat(line).contains("submitted", "layers in int8", "at most 0.05", "bytes; 1 rows were skipped");
        assertThat(plan("submitted")).endsWith(".plan\n");
        assertThatThrownBy(() -> QuantizeJob.run(spark, "--models", models.toString(), "--model", "plain")).hasMessageContaining("--name");
        assertThatThrownBy(() -> QuantizeJob.run(spark, "--models", models.toString(), "--model", "plain", "--name", "x", "--bias-correction",
                "maybe")).isInstanceOf(FiresteelException.class).hasMessageContaining("give true or false");
        assertThatThrownBy(() -> QuantizeJob.run(spark, "--models", models.toString(), "--model", "plain", "--name", "x", "--rows", "1e9"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("give a whole number");
    }

    @Test
    void namesTheBestFoundWhereTheBoundCannotHold() {
        assertThatThrownBy(() -> quantize("bounded", ", validate => 'SELECT image FROM images1', metric => 'mse', max_loss => 0.0D,"
                + " precision => 'fp16'")).isInstanceOf(FiresteelException.class).hasMessageContaining("best found");
        try (Stream<Path> stored = Files.list(models)) {
            assertThat(stored.map(path -> path.getFileName().toString())).doesNotContain("bounded");
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void namesWhatIsWrong() {
        String rows = ", validate => 'SELECT image, label FROM images1'";
        assertThatThrownBy(() -> spark.sql("CALL models.system.quantize(model => 'absent', name => 'x')")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("no model 'absent'");
        assertThatThrownBy(() -> spark.sql("CALL models.system.quantize(model => 'raw', name => 'x')")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("'raw' has no calibration");
        assertThatThrownBy(() -> spark.sql("CALL models.system.quantize(model => 'plain', name => 'plain')"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("the model itself");
        assertThatThrownBy(() -> quantize("x", ", validate => 'SELECT image FROM images1'")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("no column 'label'");
        assertThatThrownBy(() -> quantize("x", rows + ", metric => 'f1'")).isInstanceOf(FiresteelException.class).hasMessageContaining("'f1'");
        assertThatThrownBy(() -> quantize("x", rows + ", max_loss => 0.001D")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("at least 3838");
        assertThatThrownBy(() -> quantize("x", ", max_loss => 0.01D")).isInstanceOf(FiresteelException.class).hasMessageContaining("validate");
        assertThatThrownBy(() -> quantize("x", ", min_signal_to_noise => double(\"NaN\")")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("min_signal_to_noise");
        assertThatThrownBy(() -> quantize("x y", rows)).isInstanceOf(FiresteelException.class).hasMessageContaining("'x y'");
        assertThatThrownBy(() -> quantize("x", ", validate => 'SELECT image, 77 AS label FROM images1'")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("label '77'").hasMessageContaining("0 to 2");
        assertThatThrownBy(() -> quantize("x", ", validate => 'SELECT picture, label FROM images1'")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("picture");
    }
}
