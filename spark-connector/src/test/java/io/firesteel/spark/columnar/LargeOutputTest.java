package io.firesteel.spark.columnar;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.testing.Evaluations;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.Sessions;
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

/** A reader's batch whose results together are larger than one vector may be: they come in several batches. */
class LargeOutputTest {

    private static final int ELEMENTS = 700_000;
    private static final int ROWS = 800;
    private static final int LAST = ELEMENTS - 1;

    private static SparkSession spark;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path models = Files.createDirectories(folder.resolve("models"));
        ModelFolder.publish(Formulas.repeated(ELEMENTS), models.resolve("repeated"));
        ModelFolder.publish(Formulas.total(), models.resolve("total"));
        spark = Sessions.local(models);
        Path table = folder.resolve("table");
        spark.range(0, ROWS, 1, 1).selectExpr("id", "CAST(id AS INT) i", "CAST(id % 100 AS SMALLINT) h", "CAST(id % 100 AS BYTE) b",
                "id % 2 = 0 AS even", "CAST(id AS DOUBLE) d", "CAST(id AS DECIMAL(9, 2)) m", "CAST(id AS DECIMAL(30, 2)) w",
                "CAST(id AS STRING) s", "CAST(CAST(id AS STRING) AS BINARY) y", "IF(id % 7 = 3, NULL, id) n", "DATE'2026-01-01' day",
                "array(id, id + 1) a", "array(CAST(id AS FLOAT), 1F, 2F, 3F) v", "map(CAST(id AS STRING), id) k",
                "named_struct('id', id, 'list', array(CAST(id AS STRING))) t",
                "IF(id % 10 = 9, NULL, CAST(id AS FLOAT)) x").write().parquet(table.toString());
        spark.read().parquet(table.toString()).createOrReplaceTempView("source");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    @Test
    void resultsOfOneBatchWouldNotFitOneVector() {
        assertThat((long) ROWS * ELEMENTS * Float.BYTES).as("bytes of one vector")
                .isGreaterThan(Integer.MAX_VALUE);
    }

    @Test
    void carriesColumnsOfAllTypesInSlices() {
        String columns = "id, i, h, b, even, d, m, w, s, y, n, day, a, k, t";
        Dataset<Row> frame = spark.sql("SELECT " + columns + ", r[0] first, r[" + LAST + "] last FROM (SELECT " + columns
                + ", models.repeated(x) r FROM source)");
        List<Row> expected = spark.sql("SELECT " + columns + ", x first, x last FROM source").collectAsList();
        assertThat(frame.collectAsList()).isEqualTo(expected);
        assertThat(Evaluations.sum(frame, "rows")).isEqualTo(ROWS - ROWS / 10);
        assertThat(Evaluations.sum(frame, "numOutputRows")).isEqualTo(ROWS);
    }

    @Test
    void computesAnotherModelOverTheSlices() {
        Row row = spark.sql("SELECT count(t), sum(t) FROM (SELECT models.total(array(coalesce(r[0], 0F), coalesce(r[" + LAST + "], 0F), models.total(v), 0F)) t"
                + " FROM (SELECT v, models.repeated(x) r FROM source))").head();
        double sum = 0;
        for (int id = 0; id < ROWS; id++) {
            sum += (id % 10 == 9 ? 1 : 3) * id + 6;
        }
        assertThat(row.getLong(0)).isEqualTo(ROWS);
        assertThat(row.getDouble(1)).isEqualTo(sum);
    }

    @Test
    void givesTheSameOverRows() {
        Row row = spark.sql("SELECT count(*), count(r), sum(r[" + LAST + "]) FROM (SELECT models.repeated(CAST(id AS FLOAT)) r"
                + " FROM range(0, 100, 1, 1))").head();
        assertThat(row.getLong(0)).isEqualTo(100);
        assertThat(row.getLong(1)).isEqualTo(100);
        assertThat(row.getDouble(2)).isEqualTo(4950.0);
    }
}
