package io.firesteel.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.testing.Evaluations;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.Sessions;
import io.firesteel.tensor.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model may be given and gives back: columns of all kinds, from all kinds of tables. */
class ColumnsTest {

    private static final int ROWS = 5000;

    private static SparkSession spark;
    private static Path folder;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        Path models = Files.createDirectories(temporary.resolve("models"));
        ModelFolder.publish(Formulas.affine(), models.resolve("affine"));
        ModelFolder.publish(Formulas.total(), models.resolve("total"));
        ModelFolder.publish(Formulas.pair(), models.resolve("pair"));
        ModelFolder.publish(Formulas.cast(DataType.UINT8, DataType.FLOAT32), models.resolve("from_uint8"));
        ModelFolder.publish(Formulas.cast(DataType.FLOAT32, DataType.FLOAT16), models.resolve("to_half"));
        ModelFolder.publish(Formulas.cast(DataType.INT64, DataType.INT32), models.resolve("to_int"));
        ModelFolder.publish(Formulas.cast(DataType.FLOAT32, DataType.BOOL), models.resolve("to_bool"));
        spark = Sessions.local(models);
        spark.range(0, ROWS, 1, 2).selectExpr("id", "CAST(id % 9 AS STRING) AS s",
                "IF(id % 10 = 7, NULL, array(CAST(id AS FLOAT), 1F, 2F, CAST(id % 7 AS FLOAT))) AS x",
                "CAST(id AS FLOAT) a", "1 AS b", "2L AS c", "CAST(IF(id % 10 = 7, NULL, id % 7) AS DOUBLE) d")
                .createOrReplaceTempView("generated");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Row only(String sql) {
        List<Row> rows = spark.sql(sql).collectAsList();
        assertThat(rows).hasSize(1);
        return rows.get(0);
    }

    private static void assertTotals(Dataset<Row> scored) {
        Row sums = scored.selectExpr("count(*)", "count(t)", "sum(t)", "sum(length(s))").head();
        assertThat(sums.getLong(0)).isEqualTo(ROWS);
        assertThat(sums.getLong(1)).isEqualTo(ROWS - ROWS / 10);
        double expected = 0;
        for (int id = 0; id < ROWS; id++) {
            expected += id % 10 == 7 ? 0 : id + 3 + id % 7;
        }
        assertThat(sums.getDouble(2)).isEqualTo(expected);
        assertThat(sums.getLong(3)).isEqualTo(ROWS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "orc"})
    void readsArraysFromFiles(String format) {
        String path = folder.resolve("arrays-" + format).toString();
        spark.table("generated").write().format(format).save(path);
        Dataset<Row> table = spark.read().format(format).load(path);
        for (String offHeap : List.of("false", "true")) {
            spark.conf().set("spark.sql.columnVector.offheap.enabled", offHeap);
            assertTotals(table.selectExpr("s", "models.total(x) t"));
        }
        spark.conf().unset("spark.sql.columnVector.offheap.enabled");
        assertTotals(table.selectExpr("s", "models.total(a, b, c, d) t"));
    }

    @Test
    void readsScalarColumnsFromCsv() {
        String path = folder.resolve("csv").toString();
        spark.table("generated").drop("x").write().option("header", true).csv(path);
        Dataset<Row> table = spark.read().option("header", true).schema("id LONG, s STRING, a FLOAT, b INT, c LONG, d DOUBLE")
                .csv(path);
        assertTotals(table.selectExpr("s", "models.total(a, b, c, d) t"));
    }

    @Test
    void readsCachedTables() {
        Dataset<Row> cached = spark.table("generated").cache();
        try {
            assertTotals(cached.selectExpr("s", "models.total(x) t"));
            assertTotals(cached.selectExpr("s", "models.total(a, b, c, d) t"));
        } finally {
            cached.unpersist(true);
        }
    }

    @Test
    void gathersSmallBatches() {
        String path = folder.resolve("small").toString();
        spark.table("generated").repartition(50).write().parquet(path);
        spark.conf().set("spark.sql.files.openCostInBytes", "1");
        try {
            Dataset<Row> frame = spark.read().parquet(path).selectExpr("s", "models.total(x) t");
            frame.collectAsList();
            assertThat(Evaluations.sum(frame, "rows")).isEqualTo(ROWS - ROWS / 10);
            assertThat(Evaluations.sum(frame, "batches")).isLessThan(20);
            assertTotals(frame);
        } finally {
            spark.conf().unset("spark.sql.files.openCostInBytes");
        }
    }

    @Test
    void dividesSmallBatchesIntoFullOnes() {
        String path = folder.resolve("divided").toString();
        spark.table("generated").coalesce(1).write().parquet(path);
        List<Row> expected = spark.read().parquet(path).selectExpr("s", "models.total(x) t").collectAsList();
        spark.conf().set("spark.sql.parquet.columnarReaderBatchSize", "30");
        spark.conf().set("spark.firesteel.batchSize", "100");
        try {
            Dataset<Row> frame = spark.read().parquet(path).selectExpr("s", "models.total(x) t");
            assertThat(frame.collectAsList()).isEqualTo(expected);
            assertThat(Evaluations.sum(frame, "rows")).isEqualTo(ROWS - ROWS / 10);
            assertThat(Evaluations.sum(frame, "batches")).isEqualTo(ROWS / 100);
            assertTotals(frame);
        } finally {
            spark.conf().unset("spark.sql.parquet.columnarReaderBatchSize");
            spark.conf().unset("spark.firesteel.batchSize");
        }
    }

    @Test
    void bindsArgumentsByPositionOrAsAVector() {
        assertThat(only("SELECT models.total(array(1D, 2D, 3D, 4D))").getFloat(0)).isEqualTo(10f);
        assertThat(only("SELECT models.total(array(1, 2, 3, 4))").getFloat(0)).isEqualTo(10f);
        assertThat(only("SELECT models.total(array(1L, 2L, 3L, 4L))").getFloat(0)).isEqualTo(10f);
        assertThat(only("SELECT models.total(array(1Y, 2Y, 3Y, 4Y))").getFloat(0)).isEqualTo(10f);
        assertThat(only("SELECT models.total(array(1.5, 2.5, 3, 4))").getFloat(0)).isEqualTo(11f);
        assertThat(only("SELECT models.total(1, 2.5, 3F, 4D)").getFloat(0)).isEqualTo(10.5f);
        assertThat(only("SELECT models.total(X'0000803F000000400000404000008040')").getFloat(0)).isEqualTo(10f);
        assertThat(only("SELECT models.total(NULL)").isNullAt(0)).isTrue();
        assertThat(only("SELECT models.total(1, 2, NULL, 4)").isNullAt(0)).isTrue();
    }

    @Test
    void givesAStructForSeveralOutputs() {
        Row row = only("SELECT models.pair(array(1F, 2F, 3F), 10) p").getStruct(0);
        assertThat(row.getList(0)).isEqualTo(List.of(11f, 12f, 13f));
        assertThat(row.getFloat(1)).isEqualTo(6f);
        spark.range(100).selectExpr("id", "IF(id = 50, NULL, array(CAST(id AS FLOAT), 0F, 0F)) a").write()
                .parquet(folder.resolve("pairs").toString());
        Row sums = spark.read().parquet(folder.resolve("pairs").toString()).selectExpr("models.pair(a, id) p")
                .selectExpr("count(p)", "sum(p.sum)", "sum(p.shifted[0])").head();
        assertThat(sums.getLong(0)).isEqualTo(99);
        assertThat(sums.getDouble(1)).isEqualTo(4900.0);
        assertThat(sums.getDouble(2)).isEqualTo(9800.0);
    }

    @Test
    void convertsElementTypes() {
        assertThat(only("SELECT models.from_uint8(array(0, 128, 255))").getList(0)).isEqualTo(List.of(0f, 128f, 255f));
        assertThat(only("SELECT models.from_uint8(X'0080FF')").getList(0)).isEqualTo(List.of(0f, 128f, 255f));
        assertThat(only("SELECT models.to_half(array(1F, 0.5F, -2F))").getList(0)).isEqualTo(List.of(1f, 0.5f, -2f));
        assertThat(only("SELECT models.to_int(array(1, 2, -3))").getList(0)).isEqualTo(List.of(1, 2, -3));
        assertThat(only("SELECT models.to_bool(array(0F, 2F, 0F))").getList(0)).isEqualTo(List.of(false, true, false));
        String path = folder.resolve("typed").toString();
        spark.range(3000).selectExpr("IF(id % 5 = 1, NULL, array(CAST(id AS FLOAT), 0F, 1F)) x").write().parquet(path);
        Row sums = spark.read().parquet(path).selectExpr("models.to_half(x) h", "models.to_bool(x) b")
                .selectExpr("count(h)", "sum(h[0])", "count_if(b[2])", "count_if(b[1])").head();
        assertThat(sums.getLong(0)).isEqualTo(2400);
        assertThat(sums.getLong(2)).isEqualTo(2400);
        assertThat(sums.getLong(3)).isZero();
    }

    @Test
    void namesTheColumnOfARowOfTheWrongLength() {
        assertThatThrownBy(() -> spark.sql("SELECT models.total(x) FROM VALUES (array(1F, 2F, 3F, 4F)), (array(1F)) v(x)")
                .collectAsList()).rootCause().hasMessageContaining("column 'x'").hasMessageContaining("[1]")
                .hasMessageContaining("[4]");
        assertThatThrownBy(() -> spark.sql("SELECT models.total(X'0000')").collectAsList()).rootCause()
                .hasMessageContaining("2 bytes").hasMessageContaining("16");
        assertThatThrownBy(() -> spark.sql("SELECT models.total(array(1F, NULL, 3F, 4F))").collectAsList()).rootCause()
                .hasMessageContaining("element 1");
        assertThatThrownBy(() -> spark.sql("SELECT models.from_uint8(array(0, 256, 1))").collectAsList()).rootCause()
                .hasMessageContaining("256").hasMessageContaining("uint8");
    }

    @Test
    void namesWhatAModelTakesAndWasGiven() {
        assertThatThrownBy(() -> spark.sql("SELECT models.total('a')")).hasMessageContaining("x array<float> of 4")
                .hasMessageContaining("(string)");
        assertThatThrownBy(() -> spark.sql("SELECT models.total(1, 2, 3)")).hasMessageContaining("4 numbers")
                .hasMessageContaining("(int, int, int)");
        assertThatThrownBy(() -> spark.sql("SELECT models.to_int(array(1.5F))")).hasMessageContaining("array<float>");
    }
}
