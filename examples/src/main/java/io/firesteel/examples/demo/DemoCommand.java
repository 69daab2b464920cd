package io.firesteel.examples.demo;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.cli.Subcommand;
import io.firesteel.spark.ModelCatalog;
import java.io.Console;
import java.io.PrintWriter;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code firesteel demo}. */
@Command(name = "demo", description = "Scores handwritten digits in Spark SQL: import a model, query Parquet, measure.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Subcommand {

    private static final int FILES_PER_CORE = 8;

    @Option(names = "--rows", defaultValue = "200000", description = "rows of the timed run (default: ${DEFAULT-VALUE})")
    private int rows;

    @Option(names = "--device", defaultValue = "auto", description = "auto, cpu, cuda, cuda:N or reference (default: ${DEFAULT-VALUE})")
    private String device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (rows < 1) {
            throw FiresteelException.user("ARGUMENT_INVALID", "--rows must be at least 1");
        }
        Device used = Backends.device(device);
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        // Read when Spark first logs: errors only, on standard error.
        System.setProperty("log4j2.configurationFile", "classpath:io/firesteel/examples/demo/log4j2.properties");
        err.println("starting Spark in this process");
        try (DemoFolder folder = DemoFolder.create(); SparkSession spark = session(folder)) {
            boolean terminal = isTerminal();
            new Demo(spark, folder, out, title -> new ProgressBar(title, terminal ? out : err, terminal)).run(rows);
            out.println("device " + used);
            out.flush();
        } catch (FiresteelException e) {
            throw e;
        } catch (Exception e) {
            throw readable(e);
        }
        return 0;
    }

    private SparkSession session(DemoFolder folder) {
        int cores = Runtime.getRuntime().availableProcessors();
        return SparkSession.builder().master("local[*]").appName("firesteel demo")
                .config("spark.sql.catalog.models", ModelCatalog.class.getName())
                .config("spark.sql.catalog.models.path", folder.resolve("models").toUri().toString())
                .config("spark.firesteel.device", device)
                .config("spark.sql.files.minPartitionNum", FILES_PER_CORE * cores)
                .config("spark.sql.shuffle.partitions", cores)
                .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toUri().toString())
                .config("spark.local.dir", folder.resolve("spark").toString())
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", false)
                .getOrCreate();
    }

    /** What Firesteel said, where it is the cause: Spark wraps the errors of tasks. */
    private static FiresteelException readable(Exception error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof FiresteelException known) {
                return known;
            }
        }
        return new FiresteelException("DEMO_FAILED", FiresteelException.Kind.INTERNAL, null,
                "Spark could not run the demo: " + String.valueOf(error.getMessage()).lines().findFirst().orElse(error.toString()), error);
    }

    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            // Since JDK 22 there is a console without a terminal, and this method to tell.
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
