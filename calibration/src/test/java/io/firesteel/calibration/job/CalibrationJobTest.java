package io.firesteel.calibration.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.FiresteelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationJobTest {

    private static final int ROWS = 200;
    private static final int SAMPLE = 60;

    private static SparkSession spark;
    private static Path folder;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        Path models = Files.createDirectories(temporary.resolve("models"));
        Models.publish(models, "one", "two", "seven", "shuffled", "resumed", "cached", "plain", "strata");
        spark = Models.session(models);
        spark.range(0, ROWS, 1, 1).selectExpr("id", "id % 4 AS label", "IF(id = 7, NULL, " + Models.image() + ") AS image")
                .write().parquet(folder.resolve("images").toString());
        for (int partitions : new int[] {1, 2, 7}) {
            spark.read().parquet(folder.resolve("images").toString()).repartition(partitions)
                    .createOrReplaceTempView("images" + partitions);
        }
        spark.udf().register("tick", (UDF1<Long, Long>) id -> ++ticks, DataTypes.LongType);
        spark.read().parquet(folder.resolve("images").toString()).orderBy("image", "id").createOrReplaceTempView("shuffled");
    }

    private static long ticks;

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Row calibrate(String model, String data, String more) {
        return spark.sql("CALL models.system.calibrate(model => '" + model + "', data => '" + data + "', rows => " + SAMPLE + more + ")")
                .head();
    }

    private static Path calibration(String model) throws Exception {
        try (Stream<Path> files = Files.list(folder.resolve("models").resolve(model))) {
            return files.filter(file -> file.toString().endsWith(".calibration")).findFirst().orElseThrow();
        }
    }

    private static byte[] table(String model) throws Exception {
        return Files.readAllBytes(calibration(model).resolve("table"));
    }

    @Test
    void givesTheSameBytesWhateverThePartitionsAndTheOrder() throws Exception {
        Row one = calibrate("one", "SELECT image FROM images1", "");
        assertThat(one.<Long>getAs("rows")).isEqualTo(SAMPLE);
        assertThat(one.<Long>getAs("skipped")).isEqualTo(1);
        calibrate("two", "SELECT image FROM images2", "");
        calibrate("seven", "SELECT image FROM images7", "");
        calibrate("shuffled", "SELECT image FROM shuffled", "");
        assertThat(table("two")).isEqualTo(table("one"));
        assertThat(table("seven")).isEqualTo(table("one"));
        assertThat(table("shuffled")).isEqualTo(table("one"));
        assertThat(one.<scala.collection.Seq<String>>getAs("warnings").mkString(" ")).contains("1 rows were skipped");
    }

    @Test
    void takesFinishedChunksWhenItIsRunAgain() throws Exception {
        Row first = calibrate("resumed", "SELECT image FROM images2", "");
        assertThat(first.<Integer>getAs("reused")).isZero();
        byte[] table = table("resumed");
        List<Path> chunks;
        try (Stream<Path> files = Files.list(calibration("resumed").resolve("chunks"))) {
            chunks = files.filter(file -> file.toString().endsWith(".fsht")).sorted().toList();
        }
        assertThat(chunks).hasSize(first.<Integer>getAs("chunks"));
        for (int i = 0; i < 5; i++) {
            Files.delete(chunks.get(i));
        }
        Files.write(chunks.get(6), new byte[] {1, 2, 3});
        Files.delete(calibration("resumed").resolve("table"));
        Row second = calibrate("resumed", "SELECT image FROM images7", "");
        assertThat(second.<Integer>getAs("reused")).isEqualTo(chunks.size() - 6);
        assertThat(table("resumed")).isEqualTo(table);
    }

    @Test
    void showsTheCalibrationAsATable() {
        calibrate("plain", "SELECT image FROM images2", ", method => 'percentile', percentile => 99.0D, max_clipped => 0.001D");
        Dataset<Row> table = spark.sql("SELECT * FROM models.plain.calibration");
        assertThat(table.count()).isGreaterThanOrEqualTo(5);
        Row input = table.filter("tensor = 'x'").head();
        assertThat(input.<Long>getAs("rows")).isEqualTo(SAMPLE);
        assertThat(input.<Float>getAs("min")).isBetween(-2f, -1.9f);
        assertThat(input.<Float>getAs("max")).isBetween(1.9f, 2.01f);
        assertThat(input.<String>getAs("method")).isEqualTo("percentile:99.0");
        assertThat(input.<Double>getAs("threshold")).isEqualTo(input.<Double>getAs("percentile")).isCloseTo(1.98, within(0.02));
        assertThat(input.<Double>getAs("min_max")).isCloseTo(2.0, within(0.01));
        assertThat(input.<Double>getAs("share_clipped")).isBetween(0.0, 0.01);
        assertThat(input.<Double>getAs("signal_to_noise_mse")).isGreaterThanOrEqualTo(input.<Double>getAs("signal_to_noise_entropy"))
                .isGreaterThan(input.<Double>getAs("signal_to_noise"));
        assertThat(input.<Long>getAs("elements")).isEqualTo((long) SAMPLE * Models.ELEMENTS);
        assertThat(table.selectExpr("min(aggregate(histogram.counts, 0L, (a, c) -> a + c) = elements)").head().getBoolean(0)).isTrue();
        assertThat(spark.sql("SELECT * FROM models.cached.calibration").filter("tensor = 'absent'").count()).isZero();
    }

    @Test
    void exportsAndImportsTensorRtCaches() throws Exception {
        calibrate("cached", "SELECT image FROM images2", "");
        Path cache = folder.resolve("network.cache");
        spark.sql("CALL models.system.export_calibration_cache(model => 'cached', cache => '" + cache + "')");
        assertThat(Files.readAllLines(cache)).first().isEqualTo("TRT-8601-EntropyCalibration2");
        List<Row> before = spark.sql("SELECT tensor, CAST(threshold AS FLOAT) t FROM models.cached.calibration WHERE threshold > 0"
                + " ORDER BY tensor").collectAsList();
        Row imported = spark.sql("CALL models.system.import_calibration_cache(model => 'cached', cache => '" + cache + "')").head();
        assertThat(imported.<Integer>getAs("tensors")).isEqualTo(before.size());
        assertThat(imported.<scala.collection.Seq<String>>getAs("warnings").isEmpty()).isTrue();
        List<Row> after = spark.sql("SELECT tensor, CAST(threshold AS FLOAT) t FROM models.cached.calibration ORDER BY tensor").collectAsList();
        assertThat(after).hasSameSizeAs(before);
        for (int i = 0; i < after.size(); i++) {
            assertThat(after.get(i).getString(0)).isEqualTo(before.get(i).getString(0));
            assertThat(after.get(i).getFloat(1)).isCloseTo(before.get(i).getFloat(1), within(1e-6f * before.get(i).getFloat(1)));
        }
        Files.writeString(cache, "TRT-8601-EntropyCalibration2\nelsewhere: 3c000000\n");
        assertThatThrownBy(() -> spark.sql("CALL models.system.import_calibration_cache(model => 'cached', cache => '" + cache + "')"))
                .hasMessageContaining("belongs to another model");
    }

    @Test
    void stratifiesByAColumn() {
        spark.sql("SELECT CASE WHEN id < 10 THEN 'rare' WHEN id < 100 THEN 'common' END AS kind,"
                + " array_repeat(CASE WHEN id < 10 THEN 1F WHEN id < 100 THEN 2F ELSE 0F END, " + Models.ELEMENTS + ") AS image FROM images2")
                .createOrReplaceTempView("kinds");
        Row row = calibrate("strata", "SELECT image, kind FROM kinds", ", stratify => 'kind'");
        assertThat(row.<Long>getAs("rows")).isEqualTo(SAMPLE);
        assertThat(spark.sql("SELECT zeros, elements FROM models.strata.calibration WHERE tensor = 'x'").head())
                .as("of 60 rows all 10 rare ones, 25 each of the common ones and of those without a kind")
                .isEqualTo(RowFactory.create(25L * Models.ELEMENTS, (long) SAMPLE * Models.ELEMENTS));
        assertThat(spark.sql("SELECT filter(histogram.counts, count -> count > 0) AS counts FROM models.strata.calibration WHERE tensor = 'x'").head()
                .getList(0)).containsExactly(25L * Models.ELEMENTS, 10L * Models.ELEMENTS, 25L * Models.ELEMENTS);
        assertThatThrownBy(() -> calibrate("strata", "SELECT image FROM kinds", ", stratify => 'kind'"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("no column 'kind'");
    }

    @Test
    void namesWhatIsWrong() {
        assertThatThrownBy(() -> calibrate("absent", "SELECT image FROM images1", "")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("no model 'absent'");
        assertThatThrownBy(() -> calibrate("plain", "SELECT picture FROM images1", "")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("picture");
        assertThatThrownBy(() -> calibrate("plain", "SELECT id, label FROM images1", "")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("id, label").hasMessageContaining("model 'plain' takes");
        assertThatThrownBy(() -> calibrate("plain", "SELECT array(1F, 2F) AS short FROM images1", "")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("column 'short'").hasMessageContaining("[2,6,6]");
        assertThatThrownBy(() -> calibrate("plain", "SELECT image FROM images1 WHERE id < 0", "")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("no row to calibrate with");
        assertThatThrownBy(() -> calibrate("plain", "DROP TABLE images1", "")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("begins with SELECT");
        assertThatThrownBy(() -> calibrate("plain", "SELECT image FROM images1", ", method => 'best'")).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("best");
        assertThatThrownBy(() -> calibrate("plain", "SELECT array_repeat(CAST(tick(id) AS FLOAT), 72) AS image FROM images1", ""))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("other rows");
    }
}
