package io.firesteel.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.plan.ModelFolder;
import io.firesteel.spark.testing.FaultyDevices;
import io.firesteel.spark.testing.Formulas;
import io.firesteel.spark.testing.Sessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices that are lost while they compute, and the devices that Spark assigns. */
class LostDeviceTest {

    private static final int ROWS = 20_000;
    private static final String QUERY = "SELECT count(*) n, sum(t) s FROM (SELECT models.total(array(CAST(id AS FLOAT), 1F, 2F, 3F)) t"
            + " FROM range(0, " + ROWS + ", 1, 4))";

    @TempDir
    private Path folder;

    private static void assertWhole(SparkSession spark) {
        Row row = spark.sql(QUERY).head();
        assertThat(row.getLong(0)).isEqualTo(ROWS);
        assertThat(row.getDouble(1)).isEqualTo(ROWS * (ROWS - 1.0) / 2 + 6.0 * ROWS);
    }

    private Path models() throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        ModelFolder.publish(Formulas.total(), models.resolve("total"));
        return models;
    }

    private List<String> opened() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("opened-"))
                    .map(name -> name.split("-")[1]).toList();
        }
    }

    @Test
    void aClustersExecutorIsReplacedAndNothingIsMissing() throws Exception {
        Path discovery = folder.resolve("gpus");
        Files.writeString(discovery, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"2\"]}'\n");
        Files.setPosixFilePermissions(discovery, PosixFilePermissions.fromString("rwx------"));
        Path models = models();
        ConcurrentLinkedQueue<String> removed = new ConcurrentLinkedQueue<>();
        try (SparkSession spark = SparkSession.builder().master("local-cluster[2,1,1024]").appName("firesteel-lost-device-tests")
                .config("spark.ui.enabled", false)
                .config("spark.executor.memory", "512m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", "-D" + FaultyDevices.FOLDER + "=" + folder)
                .config("spark.executorEnv.SPARK_TESTING", "1")
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.13")
                .config("spark.worker.resource.gpu.amount", 1)
                .config("spark.worker.resource.gpu.discoveryScript", discovery.toString())
                .config("spark.executor.resource.gpu.amount", 1)
                .config("spark.task.resource.gpu.amount", 1)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", models.toUri().toString())
                .getOrCreate()) {
            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
                    removed.add(event.executorId());
                }
            });
            Files.createFile(folder.resolve(FaultyDevices.TRAP));
            assertWhole(spark);
            assertThat(folder.resolve(FaultyDevices.TRAP)).as("a device was lost").doesNotExist();
            assertThat(removed).as("the executor that lost it is gone").hasSize(1);
            assertWhole(spark);
            assertThat(removed).hasSize(1);
        }
        assertThat(opened()).as("only the assigned device is ever opened").isNotEmpty().containsOnly("2");
    }

    /** Several batches of the engine in one of the reader's, so that the next is staged while one is computed. */
    private static void assertWholeColumns(SparkSession spark, String table) {
        Row row = spark.sql("SELECT count(*), count(t), count_if(t = id + 6) FROM (SELECT id, models.total(x) t FROM parquet.`" + table + "`)")
                .head();
        assertThat(List.of(row.getLong(0), row.getLong(1), row.getLong(2))).containsExactly((long) ROWS, ROWS * 6L / 7, ROWS * 6L / 7);
    }

    @Test
    void inLocalModeTheQueryFailsAndTheDeviceIsSwitchedOff() throws Exception {
        System.setProperty(FaultyDevices.FOLDER, folder.toString());
        try (SparkSession spark = Sessions.local(models())) {
            String table = folder.resolve("table").toString();
            spark.range(0, ROWS, 1, 2).selectExpr("id", "IF(id % 7 = 0, NULL, array(CAST(id AS FLOAT), 1F, 2F, 3F)) x").write().parquet(table);
            spark.conf().set("spark.firesteel.batchSize", 100);
            for (int lost = 0; lost < 3; lost++) {
                assertWhole(spark);
                assertWholeColumns(spark, table);
                Files.createFile(folder.resolve(FaultyDevices.TRAP));
                assertThatThrownBy(() -> assertWholeColumns(spark, table)).hasStackTraceContaining("an illegal memory access was encountered");
                assertThat(folder.resolve(FaultyDevices.TRAP)).doesNotExist();
            }
            assertWhole(spark);
            assertThat(opened()).as("each device was opened once").containsExactlyInAnyOrder("0", "1", "2");
        } finally {
            System.clearProperty(FaultyDevices.FOLDER);
        }
    }
}
