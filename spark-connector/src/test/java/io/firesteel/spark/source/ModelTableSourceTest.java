package io.firesteel.spark.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.PlanWriter;
import io.firesteel.spark.testing.Digits;
import io.firesteel.spark.testing.Sessions;
import io.firesteel.engine.TacticTiming;
import io.firesteel.spark.plugin.TacticFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of models by path, against the same tables of a catalog. */
class ModelTableSourceTest {

    private static SparkSession spark;
    private static Path models;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        models = Files.createDirectories(folder.resolve("models"));
        ModelFolder.publish(Digits.plan(), models.resolve("digits"));
        PlanWriter.write(Digits.plan(), models.resolve("single.plan"));
        spark = Sessions.local(models);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Dataset<Row> read(String table, Path path) {
        return spark.read().format("firesteel").option("table", table).load(path.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers", "signature", "versions", "properties"})
    void readsEachTableOfAFolderAndOfAFile(String table) {
        Dataset<Row> folder = read(table, models.resolve("digits"));
        Dataset<Row> catalog = spark.sql("SELECT * FROM models.digits." + table);
        assertThat(folder.schema()).isEqualTo(catalog.schema());
        assertThat(folder.collectAsList()).isNotEmpty().isEqualTo(catalog.collectAsList());
        assertThat(read(table, models.resolve("single.plan")).collectAsList())
                .isEqualTo(spark.sql("SELECT * FROM models.single." + table).collectAsList()).isNotEmpty();
    }

    @Test
    void showsWhatWasTunedBesideThePlan() throws Exception {
        assertThat(spark.sql("SELECT * FROM models.digits.tactics").collectAsList()).isEmpty();
        String hash = spark.sql("SELECT value FROM models.digits.properties WHERE key = 'hash'").head().getString(0);
        TacticFiles files = TacticFiles.of(models.resolve("digits/" + hash + ".plan").toUri().toString(), new Configuration());
        String header = "firesteel tactics 2 " + hash + " cuda/H200\n";
        files.write(TacticTiming.prefix(hash) + "device.tactics", header + "k1 1500 cudnn:nhwc:/conv1\n");
        files.write(TacticTiming.prefix(hash) + "device.tactics", header + "k1 2500 tile:/conv1\nk2 1000000000000000 cudnn:/conv1\n");
        files.write(TacticTiming.prefix("other") + "device.tactics", header);
        assertThat(spark.sql("SELECT * FROM models.digits.tactics").collectAsList()).containsExactly(
                RowFactory.create("cuda/H200", "/conv1", "tile", 2.5), RowFactory.create("cuda/H200", "/conv1", "cudnn", null));
        assertThat(read("tactics", models.resolve("digits")).count()).isEqualTo(2);
    }

    @Test
    void readsTheLayersWhereNoTableIsNamed() {
        Dataset<Row> layers = spark.read().format("firesteel").load(models.resolve("digits").toString());
        assertThat(layers.filter("computes").select("operator").collectAsList()).extracting(row -> row.getString(0))
                .anyMatch(operator -> operator.contains("Conv"));
        assertThat(layers.selectExpr("count(*)", "max(position) + 1").head()).satisfies(
                row -> assertThat(row.getLong(0)).isEqualTo(row.getInt(1)));
    }

    @Test
    void joinsTablesInSql() {
        spark.sql("CREATE TEMPORARY VIEW digits_signature USING firesteel OPTIONS (table 'signature', path '"
                + models.resolve("digits") + "')");
        assertThat(spark.sql("SELECT name, shape[0] FROM digits_signature ORDER BY direction").collectAsList())
                .extracting(Row::toString).isEqualTo(List.of("[pixels,64]", "[logits,10]"));
    }

    @Test
    void namesAPathThatHoldsNoModel() {
        Path absent = models.resolve("absent");
        for (Path path : List.of(absent, models, models.resolve("digits").resolve("CURRENT"))) {
            assertThatThrownBy(() -> read("layers", path).collectAsList()).isInstanceOf(FiresteelException.class)
                    .hasMessageContaining(path + " is neither a plan file nor a model's folder");
        }
        assertThatThrownBy(() -> spark.read().format("firesteel").load()).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("needs a path");
    }

    @Test
    void namesADamagedPlan() throws Exception {
        Path damaged = Files.write(models.resolve("damaged.plan"), new byte[100]);
        try {
            assertThatThrownBy(() -> read("layers", damaged).collectAsList()).isInstanceOf(FiresteelException.class)
                    .hasMessageContaining("damaged.plan");
        } finally {
            Files.delete(damaged);
        }
    }

    @Test
    void namesTheTablesThereAre() {
        assertThatThrownBy(() -> read("layer", models.resolve("digits"))).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("no table 'layer'").hasMessageContaining("layers").hasMessageContaining("signature")
                .hasMessageContaining("versions").hasMessageContaining("properties");
    }
}
