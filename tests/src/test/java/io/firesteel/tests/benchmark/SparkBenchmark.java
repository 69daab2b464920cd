package io.firesteel.tests.benchmark;

import io.firesteel.spark.ModelCatalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Measures models in Spark SQL; run by {@code tests/spark-benchmark}. */
@Command(name = "spark-benchmark", mixinStandardHelpOptions = true, description = "Measures models in Spark SQL.",
        subcommands = {ColumnsBenchmark.class, RowsBenchmark.class, ImagesBenchmark.class, LeakRun.class, MemoryRun.class, DevicesRun.class})
final class SparkBenchmark {

    private SparkBenchmark() { }

    /** Runs one of the measurements. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SparkBenchmark()).setCaseInsensitiveEnumValuesAllowed(true).execute(arguments));
    }

    /** A session in this JVM with a catalog {@code models} over a folder, which keeps little of what it has done. */
    static SparkSession session(int threads, Path folder) {
        SparkSession.Builder builder = SparkSession.builder().master("local[" + threads + "]").appName("firesteel-benchmark")
                .config("spark.ui.enabled", false)
                .config("spark.sql.adaptive.enabled", false)
                .config("spark.sql.shuffle.partitions", 1)
                .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toUri().toString())
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", folder.resolve("models").toUri().toString());
        for (String kept : List.of("spark.ui.retainedJobs", "spark.ui.retainedStages", "spark.ui.retainedTasks",
                "spark.sql.ui.retainedExecutions")) {
            builder.config(kept, 10);
        }
        SparkSession session = builder.getOrCreate();
        session.sparkContext().setLogLevel("WARN");
        return session;
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
