package io.firesteel.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.interop.Scala;
import io.firesteel.spark.testing.Evaluations;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.FrameComparison;
import io.firesteel.spark.testing.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Model calls in every place of a query. What is expected is what Spark computes for the same query with the models'
 * formulas in the calls' place; how often a model ran is read from the operators' metrics.
 */
class QueryShapesTest {

    private static final int ROWS = 300;
    private static final int NULLS = 30;
    private static final int COMPUTED = ROWS - NULLS;

    private static SparkSession spark;

    /**
     * @param sql the query; TOTAL(x) and AFFINE(x) stand for the models or their formulas
     * @param evaluations rows the models must compute, summed over distinct calls; -1 where sharing of stages decides
     */
    record Shape(String sql, int evaluations) { }

    static Stream<Shape> shapes() {
        return Stream.of(
                new Shape("SELECT id, TOTAL(x) t FROM rows", COMPUTED),
                new Shape("SELECT id, TOTAL(x) t, TOTAL(x) + 1 u, AFFINE(x)[2] v FROM rows", 2 * COMPUTED),
                new Shape("SELECT id, AFFINE(AFFINE(x)) n FROM rows", 2 * COMPUTED),
                new Shape("SELECT id, TOTAL(AFFINE(x)) n, AFFINE(x) m FROM rows", 2 * COMPUTED),
                new Shape("SELECT id FROM rows WHERE TOTAL(x) > 60", COMPUTED),
                new Shape("SELECT id, TOTAL(x) t FROM rows WHERE TOTAL(x) > 60 AND k = 2", -1),
                new Shape("SELECT id, t FROM (SELECT id, TOTAL(x) t FROM rows) WHERE t > 60 AND t < 900", COMPUTED),
                new Shape("SELECT id FROM rows WHERE TOTAL(x) > 60 OR AFFINE(x)[0] < 3", 2 * COMPUTED),
                new Shape("SELECT id, CASE WHEN k = 1 THEN TOTAL(x) WHEN k = 2 THEN -TOTAL(x) ELSE 0 END c FROM rows", COMPUTED),
                new Shape("SELECT TOTAL(x) t, count(*) n FROM rows GROUP BY TOTAL(x)", COMPUTED),
                new Shape("SELECT k, sum(TOTAL(x)) s, max(AFFINE(x)[1]) m FROM rows GROUP BY k", 2 * COMPUTED),
                new Shape("SELECT k, TOTAL(array(max(x[0]), min(x[1]), 1F, 2F)) t FROM rows GROUP BY k", 5),
                new Shape("SELECT x, TOTAL(x) t, count(*) n FROM rows GROUP BY x", -1),
                new Shape("SELECT k, sum(TOTAL(x)) s FROM rows GROUP BY k HAVING sum(TOTAL(x)) > 10", COMPUTED),
                new Shape("SELECT count(DISTINCT TOTAL(x)) d, sum(DISTINCT AFFINE(x)[0]) e FROM rows", 2 * COMPUTED),
                new Shape("SELECT id, rank() OVER (PARTITION BY k ORDER BY TOTAL(x), id) r FROM rows", COMPUTED),
                new Shape("SELECT id, sum(TOTAL(x)) OVER (PARTITION BY AFFINE(x)[0]) r FROM rows", 2 * COMPUTED),
                new Shape("SELECT id, col FROM (SELECT id, AFFINE(x) y FROM rows) LATERAL VIEW explode(y) e AS col", COMPUTED),
                new Shape("SELECT a.id, b.id bid FROM rows a JOIN rows b ON TOTAL(a.x) = TOTAL(b.x)", -1),
                new Shape("SELECT a.id, b.label FROM rows a JOIN labels b ON TOTAL(a.x) = b.total", -1),
                new Shape("SELECT a.id, b.label FROM rows a LEFT JOIN labels b ON TOTAL(a.x) = b.total AND a.k = 1", COMPUTED),
                new Shape("SELECT b.label, a.id FROM labels b LEFT JOIN rows a ON TOTAL(a.x) > b.total + 900", COMPUTED),
                new Shape("SELECT b.label, a.id FROM labels b FULL JOIN rows a ON TOTAL(a.x) = b.total", COMPUTED),
                new Shape("SELECT a.id, b.label FROM rows a JOIN labels b"
                        + " ON TOTAL(array(CAST(a.id AS FLOAT), CAST(b.total AS FLOAT), 0F, 0F)) > 480", -1),
                new Shape("SELECT a.id FROM rows a LEFT SEMI JOIN labels b ON TOTAL(a.x) = b.total", -1),
                new Shape("SELECT a.id FROM rows a LEFT ANTI JOIN labels b ON TOTAL(a.x) = b.total", COMPUTED),
                new Shape("SELECT id, (SELECT max(TOTAL(x)) FROM rows) m FROM rows", COMPUTED),
                new Shape("SELECT id FROM rows WHERE TOTAL(x) IN (SELECT total FROM labels)", -1),
                new Shape("SELECT label FROM labels WHERE total IN (SELECT TOTAL(x) FROM rows)", -1),
                new Shape("SELECT label FROM labels l WHERE EXISTS (SELECT 1 FROM rows r WHERE TOTAL(r.x) = l.total)", -1),
                new Shape("SELECT label, (SELECT max(TOTAL(x)) FROM rows r WHERE r.k = l.k) m FROM labels l", -1),
                new Shape("SELECT id, TOTAL(x) t FROM rows WHERE k = 1 UNION ALL SELECT id, -TOTAL(x) FROM rows WHERE k = 2", -1),
                new Shape("SELECT TOTAL(array(1F, 2F, 3F, 4F)) t", 1),
                new Shape("SELECT id, TOTAL(array(1F, 2F, 3F, 4F)) t FROM rows", ROWS),
                new Shape("SELECT TOTAL(x) t FROM VALUES (array(1F, 2F, 3F, 4F)), (NULL), (array(5F, 6F, 7F, 8F)) AS v(x)", 2),
                new Shape("SELECT id, TOTAL(coalesce(x, array(0F, 0F, 0F, 1F))) t FROM rows", ROWS),
                new Shape("WITH scored AS (SELECT id, k, TOTAL(x) t FROM rows) SELECT a.id, b.t FROM scored a JOIN scored b"
                        + " ON a.id = b.id WHERE a.k = 1", -1),
                new Shape("SELECT id, transform(AFFINE(x), v -> v + TOTAL(x)) l FROM rows", 2 * COMPUTED));
    }

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path models = Files.createDirectories(folder.resolve("models"));
        ModelFolder.publish(Formulas.affine(), models.resolve("affine"));
        ModelFolder.publish(Formulas.total(), models.resolve("total"));
        spark = Sessions.local(models);
        spark.range(ROWS).selectExpr("id", "id % 5 AS k",
                "IF(id % 10 = 7, NULL, array(CAST(id AS FLOAT), CAST(id % 3 AS FLOAT), 0F, CAST(id % 7 AS FLOAT))) AS x")
                .repartition(3).write().mode(SaveMode.Overwrite).parquet(folder.resolve("rows").toString());
        spark.range(40).selectExpr("concat('label', id) AS label", "CAST(id * 5 AS FLOAT) AS total", "id % 5 AS k")
                .write().parquet(folder.resolve("labels").toString());
        spark.read().parquet(folder.resolve("rows").toString()).createOrReplaceTempView("rows");
        spark.read().parquet(folder.resolve("labels").toString()).createOrReplaceTempView("labels");
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static String withModels(String sql) {
        return sql.replace("TOTAL(", "models.total(").replace("AFFINE(", "models.affine(");
    }

    private static String withFormulas(String sql) {
        return sql.replace("TOTAL(", "total_formula(").replace("AFFINE(", "affine_formula(");
    }

    private static void formulas() {
        spark.sql("CREATE OR REPLACE TEMPORARY FUNCTION total_formula(x ARRAY<FLOAT>) RETURNS FLOAT"
                + " RETURN CAST(x[0] + x[1] + x[2] + x[3] AS FLOAT)");
        spark.sql("CREATE OR REPLACE TEMPORARY FUNCTION affine_formula(x ARRAY<FLOAT>) RETURNS ARRAY<FLOAT>"
                + " RETURN CASE WHEN x IS NULL THEN NULL ELSE"
                + " array(CAST(2 * x[0] + 1 AS FLOAT), CAST(2 * x[1] + 1 AS FLOAT), CAST(2 * x[2] + 1 AS FLOAT),"
                + " CAST(2 * x[3] + 1 AS FLOAT)) END");
    }

    private static void compare(Shape shape) {
        formulas();
        Dataset<Row> actual = spark.sql(withModels(shape.sql()));
        Dataset<Row> expected = spark.sql(withFormulas(shape.sql())).toDF(actual.columns());
        List<Row> ran = actual.collectAsList();
        assertThat(ran).as(shape.sql()).hasSameSizeAs(expected.collectAsList());
        List<String> rows = ran.stream().map(Row::toString).sorted().toList();
        assertThat(rows).as(shape.sql()).isEqualTo(expected.collectAsList().stream().map(Row::toString).sorted().toList());
        assertThat(Evaluations.of(actual)).as(shape.sql()).isNotEmpty();
        if (shape.evaluations() >= 0) {
            assertThat(Evaluations.sum(actual, "rows")).as(shape.sql()).isEqualTo(shape.evaluations());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void givesWhatTheFormulasGive(Shape shape) {
        compare(shape);
    }

    @ParameterizedTest
    @CsvSource({"true,false", "false,true", "false,false"})
    void givesTheSameWithoutAdaptiveExecutionOrCodeGeneration(String adaptive, String codegen) {
        spark.conf().set("spark.sql.adaptive.enabled", adaptive);
        spark.conf().set("spark.sql.codegen.wholeStage", codegen);
        spark.conf().set("spark.sql.codegen.factoryMode", codegen.equals("true") ? "FALLBACK" : "NO_CODEGEN");
        try {
            shapes().forEach(QueryShapesTest::compare);
        } finally {
            spark.conf().unset("spark.sql.adaptive.enabled");
            spark.conf().unset("spark.sql.codegen.wholeStage");
            spark.conf().unset("spark.sql.codegen.factoryMode");
        }
    }

    @Test
    void keepsTheOrderOfTheRows() {
        List<Row> rows = spark.sql("SELECT id, models.total(x) t FROM rows ORDER BY models.total(x) DESC NULLS LAST, id LIMIT 5")
                .collectAsList();
        assertThat(rows).extracting(row -> row.getLong(0)).containsExactly(299L, 298L, 293L, 296L, 292L);
    }

    @Test
    void comparesAsADataFrame() {
        formulas();
        Dataset<Row> expected = spark.sql("SELECT id, total_formula(x) t FROM rows");
        new FrameComparison(spark).assertSameRows(expected, spark.sql("SELECT id, models.total(x) t FROM rows"));
    }

    @Test
    void explodesTheResult() {
        Row row = spark.sql("SELECT count(*), sum(col) FROM rows LATERAL VIEW explode(models.affine(x)) e AS col WHERE id < 5")
                .head();
        assertThat(row.getLong(0)).isEqualTo(20);
        assertThat(row.getDouble(1)).isEqualTo(2 * (10 + 4 + 10) + 20);
    }

    @Test
    void keepsPredicatesWithoutCallsBelow() {
        Dataset<Row> frame = spark.sql("SELECT id FROM rows WHERE models.total(x) >= 0 AND id < 20");
        assertThat(frame.collectAsList()).hasSize(18);
        assertThat(Evaluations.sum(frame, "rows")).isEqualTo(18);
    }

    @Test
    void carriesOnlyTheColumnsThatAreRead() {
        Dataset<Row> frame = spark.sql("SELECT id, models.total(x) FROM rows");
        frame.collectAsList();
        assertThat(Evaluations.of(frame)).singleElement()
                .satisfies(inference -> assertThat(Scala.list(inference.output())).extracting(a -> a.name())
                        .containsExactly("id", "total"));
    }

    @Test
    void refusesCallsOnALambdasVariable() {
        assertThatThrownBy(() -> spark.sql("SELECT transform(array(x), v -> models.total(v)) FROM rows").collectAsList())
                .isInstanceOf(AnalysisException.class).hasMessageContaining("total").hasMessageContaining("lambda");
    }

    @Test
    void refusesCallsOverBothSidesOfAnOuterJoin() {
        assertThatThrownBy(() -> spark.sql("SELECT a.id FROM rows a LEFT JOIN labels b"
                + " ON models.total(array(a.x[0], b.total, 0F, 0F)) > 10").collectAsList())
                .isInstanceOf(AnalysisException.class).hasMessageContaining("outer join");
    }

    @Test
    void sharesTheWorkOfACachedTable() {
        Dataset<Row> cached = spark.sql("SELECT id, models.total(x) t FROM rows").cache();
        try {
            long first = cached.selectExpr("sum(t)").head().getDouble(0) > 0 ? cached.count() : 0;
            assertThat(first).isEqualTo(ROWS);
            Dataset<Row> again = spark.sql("SELECT id, models.total(x) t FROM rows");
            assertThat(((org.apache.spark.sql.classic.Dataset<Row>) again).queryExecution().toString()).contains("InMemoryTableScan");
        } finally {
            cached.unpersist(true);
        }
    }
}
