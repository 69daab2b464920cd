package io.firesteel.spark.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreJobTest {

    private static final String QUERY = "SELECT id, models.total(array(CAST(id AS FLOAT), 1F, 2F, 3F)) t FROM range(100)";

    private static SparkSession spark;
    private static Path folder;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        Path models = Files.createDirectories(temporary.resolve("models"));
        ModelFolder.publish(Formulas.total(), models.resolve("total"));
        spark = Sessions.local(models);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static void assertScored(Path output) {
        assertThat(spark.read().parquet(output.toString()).selectExpr("count(*)", "count(DISTINCT id)", "sum(t - id)").head())
                .satisfies(row -> {
                    assertThat(row.getLong(0)).isEqualTo(100);
                    assertThat(row.getLong(1)).isEqualTo(100);
                    assertThat(row.getDouble(2)).isEqualTo(600.0);
                });
    }

    @Test
    void leavesAFinishedOutputAsItIs() throws Exception {
        Path output = folder.resolve("finished");
        assertThat(ScoreJob.run(spark, "--query", QUERY, "--output", output.toString())).contains("written");
        assertScored(output);
        assertThat(ScoreJob.run(spark, "--query", QUERY, "--output", output.toString())).contains("finished before");
        assertScored(output);
    }

    @Test
    void startsAnewAfterAKillWhileWriting() throws Exception {
        Path output = folder.resolve("killed");
        Path unfinished = folder.resolve(".killed.unfinished");
        spark.range(7).selectExpr("id", "CAST(id AS FLOAT) t").write().parquet(unfinished.toString());
        assertThat(ScoreJob.run(spark, "--query", QUERY, "--output", output.toString())).contains("written");
        assertScored(output);
        assertThat(unfinished).doesNotExist();
    }

    @Test
    void startsAnewAfterAKillBetweenRenameAndMark() throws Exception {
        Path output = folder.resolve("renamed");
        ScoreJob.run(spark, "--query", QUERY, "--output", output.toString());
        Files.delete(output.resolve("_firesteel_finished"));
        assertThat(ScoreJob.run(spark, "--query", QUERY, "--output", output.toString())).contains("written");
        assertScored(output);
    }

    @Test
    void scoresATable() throws Exception {
        spark.range(10).selectExpr("id", "array(1F, 2F, 3F, CAST(id AS FLOAT)) x").createOrReplaceTempView("vectors");
        Path output = folder.resolve("table");
        ScoreJob.run(spark, "--table", "vectors", "--model", "total", "--columns", "x", "--output", output.toString());
        assertThat(spark.read().parquet(output.toString()).selectExpr("sum(score - id)").head().getDouble(0)).isEqualTo(60.0);
    }

    @Test
    void neverTouchesWhatItDidNotWrite() {
        Path output = folder.resolve("foreign");
        spark.range(3).write().parquet(output.toString());
        assertThatThrownBy(() -> ScoreJob.run(spark, "--query", QUERY, "--output", output.toString(), "--overwrite", "true"))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("was not written by this job");
        assertThat(spark.read().parquet(output.toString()).count()).isEqualTo(3);
    }

    @Test
    void namesArgumentsItDoesNotKnow() {
        assertThatThrownBy(() -> ScoreJob.run(spark, "--quary", QUERY)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("--quary").hasMessageContaining("--query");
    }
}
