package io.firesteel.tests.benchmark;

import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.engine.EngineCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One query whose tasks spread over several devices of one executor, against the same query on one of them. */
@Command(name = "devices", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Spreads the digits plan over all devices of a kind and compares the results with those of one device, bit by bit.")
final class DevicesRun implements Callable<Integer> {

    private static final int PAUSE_MILLIS = 2;

    @Option(names = "--device", defaultValue = "cuda", description = "(default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--threads", defaultValue = "8", description = "tasks at a time (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--rows", defaultValue = "4000000", description = "(default: ${DEFAULT-VALUE})")
    private long rows;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("firesteel-spark-benchmark");
        try (SparkSession spark = SparkBenchmark.session(threads, scratch)) {
            DigitsTable.write(spark, scratch, rows, 2 * threads);
            List<Device> devices = Backends.devices(device);
            String alone = query(spark, devices.get(0).label(), devices);
            String spread = query(spark, device, devices);
            boolean same = alone.equals(spread);
            System.out.println((same ? "the same bits" : "OTHER BITS") + " on " + devices.get(0) + " and on " + devices.size() + " devices: "
                    + alone + (same ? "" : ", " + spread));
            return same ? 0 : 1;
        } finally {
            SparkBenchmark.delete(scratch);
        }
    }

    /** Runs the query and prints how many tasks at most used each device at a time. */
    private static String query(SparkSession spark, String label, List<Device> devices) throws InterruptedException {
        spark.conf().set("spark.firesteel.device", label);
        Map<String, Integer> most = new TreeMap<>();
        Thread watch = new Thread(() -> {
            try {
                while (true) {
                    devices.forEach(one -> most.merge(one.label(), EngineCache.SHARED.users(one), Math::max));
                    Thread.sleep(PAUSE_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        watch.start();
        long start = System.nanoTime();
        String result = spark.sql("SELECT count(*), sum(hash(models.digits(pixels))) FROM images").head().toString();
        long millis = (System.nanoTime() - start) / 1_000_000;
        watch.interrupt();
        watch.join();
        System.out.println("spark.firesteel.device=" + label + ": " + millis + " ms, tasks at a time " + most);
        return result;
    }
}
