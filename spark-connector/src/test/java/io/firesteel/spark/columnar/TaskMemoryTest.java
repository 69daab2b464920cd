package io.firesteel.spark.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.Sessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.util.ArrowUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that end midway give all Arrow memory back: over columns ({@code files}) and over rows ({@code rows}). */
class TaskMemoryTest {

    private static final int ROWS = 20_000;
    private static final long PATIENCE_SECONDS = 60;

    private static CountDownLatch started;
    private static SparkSession spark;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path models = Files.createDirectories(folder.resolve("models"));
        ModelFolder.publish(Formulas.affine(), models.resolve("affine"));
        ModelFolder.publish(Formulas.pair(), models.resolve("pair"));
        spark = Sessions.local(models);
        Path table = folder.resolve("table");
        spark.range(0, ROWS, 1, 2).selectExpr("id", "CAST(id AS STRING) s", "array(CAST(id AS FLOAT), 1F, 2F, 3F) x",
                "IF(id % 10000 = 9000, array(1F), array(1F, 2F, 3F, 4F)) y").write().parquet(table.toString());
        spark.read().parquet(table.toString()).createOrReplaceTempView("files");
        spark.range(0, ROWS, 1, 2).selectExpr("id", "CAST(id AS STRING) s", "array(CAST(id AS FLOAT), 1F, 2F, 3F) x",
                "IF(id % 10000 = 9000, array(1F), array(1F, 2F, 3F, 4F)) y").createOrReplaceTempView("rows");
        spark.udf().register("failing_at", (UDF1<Float, Float>) value -> {
            if (value > ROWS) {
                throw new IllegalStateException("the operator above fails");
            }
            return value;
        }, DataTypes.FloatType);
        spark.udf().register("hanging", (UDF1<Float, Float>) value -> {
            started.countDown();
            Thread.sleep(Duration.ofSeconds(PATIENCE_SECONDS).toMillis());
            return value;
        }, DataTypes.FloatType);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    /** A task that failed may still be ending when its query has failed. */
    @AfterEach
    void everythingIsGivenBack() throws Exception {
        BufferAllocator root = ArrowUtils.rootAllocator();
        long deadline = System.nanoTime() + Duration.ofSeconds(PATIENCE_SECONDS).toNanos();
        while (!root.getChildAllocators().isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(root.getChildAllocators()).as(root.toVerboseString()).isEmpty();
        assertThat(root.getAllocatedMemory()).isZero();
    }

    private static Dataset<Row> sql(String text, String table) {
        return spark.sql(text.replace("TABLE", table));
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "rows"})
    void whenAllRowsAreRead(String table) {
        assertThat(sql("SELECT sum(models.affine(x)[0]) FROM TABLE", table).head().getDouble(0)).isPositive();
        assertThat(ArrowUtils.rootAllocator().getPeakMemoryAllocation()).as("Arrow memory is used at all").isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "rows"})
    void whenALimitEndsTheTask(String table) {
        assertThat(sql("SELECT s, models.affine(x) y, models.pair(array(1F, 2F, 3F), id) p FROM TABLE LIMIT 3", table).collectAsList())
                .hasSize(3);
        assertThat(sql("SELECT * FROM (SELECT s, models.affine(x) y FROM TABLE LIMIT 700) ORDER BY s", table).collectAsList())
                .hasSize(700);
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "rows"})
    void whenALaterOperatorFails(String table) {
        assertThatThrownBy(() -> sql("SELECT s, failing_at(models.affine(x)[0]) y FROM TABLE", table).collectAsList())
                .rootCause().hasMessageContaining("the operator above fails");
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "rows"})
    void whenARowIsOfTheWrongLength(String table) {
        assertThatThrownBy(() -> sql("SELECT s, models.affine(y) FROM TABLE", table).collectAsList())
                .rootCause().hasMessageContaining("a row of shape [1]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "rows"})
    void whenTheModelCannotBeLoaded(String table) {
        spark.conf().set("spark.firesteel.device", "cuda:99");
        try {
            assertThatThrownBy(() -> sql("SELECT s, models.affine(x) FROM TABLE", table).collectAsList())
                    .rootCause().hasMessageContaining("cuda:99");
        } finally {
            spark.conf().unset("spark.firesteel.device");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "rows"})
    void whenTheQueryIsCancelled(String table) throws Exception {
        started = new CountDownLatch(1);
        CompletableFuture<Object> query = CompletableFuture.supplyAsync(() -> {
            spark.sparkContext().setJobGroup("cancelled", "a query that hangs", true);
            return sql("SELECT s, hanging(models.affine(x)[0]) y FROM TABLE", table).collectAsList();
        });
        started.await();
        assertThat(ArrowUtils.rootAllocator().getAllocatedMemory()).isPositive();
        spark.sparkContext().cancelJobGroup("cancelled");
        assertThatThrownBy(query::join).hasMessageContaining("cancelled");
    }
}
