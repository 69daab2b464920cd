package io.firesteel.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.testing.Evaluations;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.HaltingFileSystem;
import io.firesteel.spark.testing.LockedFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of two executor JVMs, one of which dies before, during and after the load of the plan. */
class ClusterTest {

    private static final int ROWS = 20_000;
    private static final double SUM = ROWS * (ROWS - 1.0) / 2 + 6.0 * ROWS;

    private static SparkSession spark;
    private static Path trap;
    private static Path models;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        trap = folder.resolve("trap");
        models = Files.createDirectories(folder.resolve("models"));
        for (String name : new String[] {"before", "during", "after", "untouched", "locked"}) {
            ModelFolder.publish(Formulas.total(name), models.resolve(name));
        }
        spark = SparkSession.builder().master("local-cluster[2,1,1024]").appName("firesteel-cluster-tests")
                .config("spark.ui.enabled", false)
                .config("spark.executor.memory", "512m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.SPARK_TESTING", "1")
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.13")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.hadoop.fs.halting.impl", HaltingFileSystem.class.getName())
                .config("spark.hadoop." + HaltingFileSystem.TRAP, trap.toString())
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", "halting://" + models)
                .getOrCreate();
        String path = trap.toString();
        spark.udf().register("step", (UDF1<Long, Long>) id -> {
            HaltingFileSystem.halt(path);
            return id;
        }, DataTypes.LongType);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.close();
    }

    private static Dataset<Row> scored(String id, String model) {
        return spark.sql("SELECT count(*) n, sum(t) s FROM (SELECT models." + model
                + "(array(CAST(" + id + " AS FLOAT), 1F, 2F, 3F)) t FROM range(0, " + ROWS + ", 1, 4))");
    }

    private static void assertWhole(Dataset<Row> frame) {
        assertThat(frame.collectAsList()).singleElement().satisfies(row -> {
            assertThat(row.getLong(0)).isEqualTo(ROWS);
            assertThat(row.getDouble(1)).isEqualTo(SUM);
        });
        assertThat(trap).as("an executor died").doesNotExist();
    }

    @Test
    void losesNothingWhenAnExecutorDiesBeforeTheLoad() throws Exception {
        HaltingFileSystem.set(trap);
        assertWhole(scored("step(id)", "before"));
    }

    @Test
    void losesNothingWhenAnExecutorDiesDuringTheLoad() throws Exception {
        HaltingFileSystem.set(trap);
        assertWhole(scored("id", "during"));
    }

    @Test
    void losesNothingWhenAnExecutorDiesAfterTheLoad() throws Exception {
        HaltingFileSystem.set(trap);
        assertWhole(scored("IF(id % 5000 = 4000, step(id), id)", "after"));
    }

    @Test
    void fetchesPlansWithTheSettingsOfTheSession() throws Exception {
        SparkSession session = spark.newSession();
        session.conf().set("spark.sql.catalog.keyed", ModelCatalog.class.getName());
        session.conf().set("spark.sql.catalog.keyed.path", "locked://" + models);
        String sql = "SELECT sum(keyed.locked(array(CAST(id AS FLOAT), 1F, 2F, 3F))) FROM range(0, 100, 1, 4)";
        session.conf().set("fs.locked.impl", LockedFileSystem.class.getName());
        session.conf().set("fs.locked.impl.disable.cache", true);
        session.conf().set(LockedFileSystem.KEY, "wrong");
        assertThatThrownBy(() -> session.sql(sql)).rootCause().hasMessageContaining("key 'wrong'");
        session.conf().set(LockedFileSystem.KEY, LockedFileSystem.RIGHT_KEY);
        assertThat(session.sql(sql).head().getDouble(0)).isEqualTo(4950.0 + 600.0);
    }

    @Test
    void loadsAPlanOnceInAnExecutor() {
        Dataset<Row> frame = scored("id", "untouched");
        assertWhole(frame);
        assertThat(Evaluations.sum(frame, "planLoads")).isBetween(0L, 2L);
        assertThat(Evaluations.sum(frame, "rows")).isEqualTo(ROWS);
        assertThat(Evaluations.sum(frame, "tuningWaitTime")).isPositive();
    }
}
