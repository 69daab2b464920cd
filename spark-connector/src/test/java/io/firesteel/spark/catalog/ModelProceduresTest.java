package io.firesteel.spark.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.onnx.export.OnnxExport;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.PlanWriter;
import io.firesteel.spark.testing.Digits;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.Sessions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The procedures of a catalog, called in SQL. */
class ModelProceduresTest {

    private static SparkSession spark;
    private static Path models;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        models = Files.createDirectories(folder.resolve("models"));
        spark = Sessions.local(models);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    @BeforeEach
    void publish() throws Exception {
        ModelFolder.publish(Formulas.affine(), models.resolve("affine"));
        PlanWriter.write(Formulas.total(), models.resolve("total.plan"));
    }

    private static List<Row> sql(String text) {
        return spark.sql(text).collectAsList();
    }

    private static List<String> names() {
        return spark.sql("CALL models.system.list_models()").select("name").collectAsList().stream()
                .map(row -> row.getString(0)).toList();
    }

    @Test
    void listsModelsWithTheVersionsInUse() {
        List<Row> rows = sql("CALL models.system.list_models()");
        assertThat(rows).extracting(row -> row.<String>getAs("name")).containsExactly("affine", "total");
        assertThat(rows).extracting(row -> row.<String>getAs("signature"))
                .containsExactly("(x: fp32[4]) -> (y: fp32[4])", "(x: fp32[4]) -> (sum: fp32[])");
        assertThat(rows).allSatisfy(row -> {
            assertThat(row.<String>getAs("precision")).isEqualTo("fp32");
            assertThat(row.<String>getAs("hash")).hasSize(64);
            assertThat(row.<Long>getAs("bytes")).isPositive();
        });
        assertThat(rows.get(0).<String>getAs("uri")).endsWith(rows.get(0).getAs("hash") + ".plan");
        assertThat(rows.get(1).<String>getAs("uri")).endsWith("/total.plan");
    }

    @Test
    void refusesToImportWhatSqlCannotCall(@TempDir Path folder) {
        Path onnx = folder.resolve("mean.onnx");
        OnnxExport.write(Formulas.meanOfRows("mean"), onnx);
        String call = "CALL models.system.import_model(name => 'affine', onnx => '" + onnx + "')";
        assertThatThrownBy(() -> sql(call)).hasMessageContaining("'mean'").hasMessageContaining("batch (N)");
        assertThat(sql("SELECT * FROM models.affine.versions")).hasSize(1);
        assertThat(sql("SELECT models.affine(array(1F, 2F, 3F, 4F))")).hasSize(1);
    }

    @Test
    void listsAndDropsWhatSqlCannotCall() throws Exception {
        PlanWriter.write(Formulas.meanOfRows("mean"), models.resolve("mean.plan"));
        Files.writeString(models.resolve("torn.plan"), "no plan");
        assertThat(sql("CALL models.system.list_models()")).extracting(row -> row.getAs("name")).containsExactly("affine", "mean", "torn", "total");
        assertThat(sql("CALL models.system.list_models()")).extracting(row -> row.<String>getAs("problem")).satisfiesExactly(
                affine -> assertThat(affine).isNull(), mean -> assertThat(mean).contains("batch (N)"),
                torn -> assertThat(torn).contains("torn.plan"), total -> assertThat(total).isNull());
        assertThat(sql("SELECT * FROM models.mean.layers")).isNotEmpty();
        assertThatThrownBy(() -> sql("SELECT models.mean(array(1F, 2F, 3F, 4F))")).hasMessageContaining("batch (N)");
        for (String name : List.of("mean", "torn")) {
            assertThat(sql("CALL models.system.drop_model('" + name + "')").get(0).getBoolean(1)).isTrue();
        }
        assertThat(names()).containsExactly("affine", "total");
    }

    @Test
    void refusesStatementsThatWouldChangeTables() {
        for (String statement : List.of("CREATE TABLE models.affine.mine (a INT)", "CREATE TABLE models.mine AS SELECT 1 AS a",
                "DROP TABLE models.affine.layers", "CREATE NAMESPACE models.mine", "DROP NAMESPACE models.affine")) {
            assertThatThrownBy(() -> sql(statement)).as(statement).hasMessageContaining("models.system.import_model and drop_model");
        }
    }

    @Test
    void fixesSymbolicDimensions(@TempDir Path folder) {
        Path onnx = folder.resolve("tokens.onnx");
        OnnxExport.write(Formulas.meanOfSequences("tokens"), onnx);
        String call = "CALL models.system.import_model(name => 'tokens', onnx => '" + onnx + "'";
        assertThatThrownBy(() -> sql(call + ")")).hasMessageContaining("dims => map('S', SIZE)");
        assertThatThrownBy(() -> sql(call + ", dims => map('T', 3))")).hasMessageContaining("no dimension 'T'").hasMessageContaining("N, S");
        assertThatThrownBy(() -> sql(call + ", dims => map('S', 0))")).hasMessageContaining("size 0");
        assertThatThrownBy(() -> sql(call + ", dims => map('S', CAST(NULL AS INT)))")).hasMessageContaining("no size for S");
        assertThat(sql(call + ", dims => map('S', 3))").get(0).<String>getAs("signature")).contains("x: fp32[3]");
        assertThat(sql("SELECT models.tokens(array(1F, 2F, 6F))").get(0).getFloat(0)).isEqualTo(3F);
        sql("CALL models.system.drop_model('tokens')");
    }

    @Test
    void readsModelsBelowAPathWithSpaces(@TempDir Path folder) {
        Path models = folder.resolve("our models%20");
        ModelFolder.publish(Formulas.affine(), models.resolve("affine"));
        spark.conf().set("spark.sql.catalog.spaced", "io.firesteel.spark.ModelCatalog");
        spark.conf().set("spark.sql.catalog.spaced.path", models.toString());
        assertThat(sql("SELECT spaced.affine(array(1F, 2F, 3F, 4F))").get(0).getList(0)).isEqualTo(List.of(3F, 5F, 7F, 9F));
        assertThat(sql("SELECT * FROM spaced.affine.versions WHERE in_use")).hasSize(1);
        assertThat(sql("SELECT * FROM spaced.affine.layers")).isNotEmpty();
    }

    @Test
    void findsAModelWhateverTheCaseOfItsLetters() {
        assertThat(sql("SELECT models.Affine(array(1F, 2F, 3F, 4F))")).hasSize(1);
        assertThat(sql("SELECT * FROM models.AFFINE.layers")).isNotEmpty();
        assertThat(sql("DESCRIBE FUNCTION models.Affine").get(0).getString(0)).endsWith("models.affine");
    }

    @Test
    void showsTheProcedures() {
        assertThat(spark.sql("SHOW PROCEDURES IN models.system").select("procedure_name").collectAsList())
                .extracting(row -> row.getString(0)).contains("import_model", "list_models", "drop_model");
        assertThatThrownBy(() -> sql("CALL models.system.drop_modle(name => 'affine')"))
                .rootCause().hasMessageContaining("drop_modle").hasMessageContaining("SHOW PROCEDURES IN models.system");
    }

    @Test
    void dropsAFolderWithAllItsVersions() throws Exception {
        ModelFolder.publish(Formulas.total("affine"), models.resolve("affine"));
        assertThat(sql("SELECT * FROM models.affine.versions")).hasSize(2);
        assertThat(sql("CALL models.system.drop_model(name => 'affine')")).singleElement().satisfies(row -> {
            assertThat(row.getString(0)).isEqualTo("affine");
            assertThat(row.getBoolean(1)).isTrue();
        });
        assertThat(models.resolve("affine")).doesNotExist();
        assertThat(names()).containsExactly("total");
        assertThatThrownBy(() -> sql("SELECT models.affine(array(1F, 2F, 3F, 4F))")).isInstanceOf(AnalysisException.class)
                .hasMessageContaining("affine");
    }

    @Test
    void dropsAPlanFile() {
        assertThat(sql("CALL models.system.drop_model('total')")).singleElement()
                .satisfies(row -> assertThat(row.getBoolean(1)).isTrue());
        assertThat(models.resolve("total.plan")).doesNotExist();
        assertThat(names()).containsExactly("affine");
    }

    @Test
    void dropsNothingButModels() throws Exception {
        Files.createDirectories(models.resolve("notes"));
        Path beside = Files.createDirectories(models.resolveSibling("beside"));
        for (String name : List.of("absent", "notes", "../beside", "")) {
            assertThat(sql("CALL models.system.drop_model(name => '" + name + "')")).as(name).singleElement()
                    .satisfies(row -> assertThat(row.getBoolean(1)).isFalse());
        }
        assertThat(models.resolve("notes")).isDirectory();
        assertThat(beside).isDirectory();
        assertThatThrownBy(() -> sql("CALL models.system.drop_model(name => NULL)")).hasMessageContaining("name is null");
        assertThat(names()).containsExactly("affine", "total");
    }

    @Test
    void importsOverADroppedModel() {
        String call = "CALL models.system.import_model(name => 'affine', onnx => '" + Digits.onnx() + "')";
        sql("CALL models.system.drop_model(name => 'affine')");
        String hash = sql(call).get(0).getAs("hash");
        assertThat(sql("SELECT hash FROM models.affine.versions WHERE in_use")).extracting(row -> row.getString(0))
                .containsExactly(hash);
        sql("CALL models.system.drop_model(name => 'affine')");
    }

    private static String importOf(String precision, String sample) {
        spark.read().parquet(Digits.parquet().toString()).createOrReplaceTempView("digits");
        return "CALL models.system.import_model(name => 'half', onnx => '" + Digits.onnx() + "', precision => '" + precision
                + "', sample => '" + sample + "')";
    }

    @Test
    void keepsLayersThatASampleDrivesOutOfFp16InAWiderPrecision() {
        assertThat(sql(importOf("fp16", "SELECT pixels FROM digits LIMIT 20")).get(0).getList(6)).isEmpty();
        Row row = sql(importOf("fp16", "SELECT if(id % 2 = 0, NULL, transform(pixels, p -> p * 1e6D)) FROM digits LIMIT 20")).get(0);
        assertThat(row.getList(6)).isNotEmpty();
        assertThat(PlanReader.read(Path.of(URI.create(row.<String>getAs("uri")))).fp16Overflows().keySet())
                .containsExactlyInAnyOrderElementsOf(row.<String>getList(6));
        sql("CALL models.system.drop_model(name => 'half')");
    }

    @Test
    void refusesASampleThatDoesNotFit() {
        assertThatThrownBy(() -> sql(importOf("fp32", "SELECT pixels FROM digits"))).hasMessageContaining("precision => 'fp16'");
        assertThatThrownBy(() -> sql(importOf("fp16", "DROP VIEW digits"))).hasMessageContaining("sample must be a query");
        assertThatThrownBy(() -> sql(importOf("fp16", "SELECT id, pixels FROM digits"))).hasMessageContaining("do not fit");
        assertThatThrownBy(() -> sql(importOf("fp16", "SELECT pixels FROM absent"))).hasMessageContaining("sample")
                .hasMessageContaining("absent");
        assertThatThrownBy(() -> sql(importOf("fp16", "SELECT pixels FROM digits WHERE id < 0"))).hasMessageContaining("no row without a null");
        assertThat(names()).containsExactly("affine", "total");
    }
}
