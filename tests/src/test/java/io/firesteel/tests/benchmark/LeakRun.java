package io.firesteel.tests.benchmark;

import io.firesteel.backend.Backends;
import io.firesteel.backend.cuda.CudaProvider;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaDevice;
import io.firesteel.memory.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.util.ArrowUtils;
import org.bytedeco.javacpp.Pointer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Computes very many batches in very many tasks and watches every kind of memory. */
@Command(name = "leaks", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Computes batches of the digits plan, over columns and over rows in turn, and watches memory.")
final class LeakRun implements Callable<Integer> {

    private static final int BATCH = 32;
    private static final long MEBIBYTE = 1 << 20;
    private static final long HEAP_TOLERANCE = 4 * MEBIBYTE;
    private static final long RESIDENT_TOLERANCE = 32 * MEBIBYTE;

    @Option(names = "--batches", defaultValue = "100000", description = "batches of " + BATCH + " rows (default: ${DEFAULT-VALUE})")
    private long batches;

    @Option(names = "--batches-per-query", defaultValue = "1000", description = "(default: ${DEFAULT-VALUE})")
    private long perQuery;

    @Option(names = "--samples", defaultValue = "20", description = "how often memory is looked at (default: ${DEFAULT-VALUE})")
    private int samples;

    @Option(names = "--threads", defaultValue = "2", description = "tasks at a time (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--device", defaultValue = "auto", description = "(default: ${DEFAULT-VALUE})")
    private String device;

    /** Memory after a collection, in bytes: the heap, the process, Arrow's, JavaCPP's, Firesteel's own and the GPU's. */
    private record Sample(long batches, long heap, long resident, long arrow, long javaCpp, long engine, long gpu) {

        static Sample take(long batches, Optional<CudaContext> gpu) throws IOException, InterruptedException {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(50);
            }
            Runtime runtime = Runtime.getRuntime();
            return new Sample(batches, runtime.totalMemory() - runtime.freeMemory(), residentNow(),
                    ArrowUtils.rootAllocator().getAllocatedMemory(), Pointer.totalBytes(), NativeMemory.liveBytes(),
                    gpu.map(g -> g.device().memoryBytes() - g.freeBytes()).orElse(0L));
        }

        private static long residentNow() throws IOException {
            String line = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%9d batches: heap after GC %7.2f MiB, resident %7.1f MiB, Arrow %d B, JavaCPP %d B, engines %.2f MiB,"
                    + " GPU %.1f MiB", batches, (double) heap / MEBIBYTE, (double) resident / MEBIBYTE, arrow, javaCpp, (double) engine / MEBIBYTE,
                    (double) gpu / MEBIBYTE);
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("firesteel-spark-benchmark");
        try (SparkSession spark = SparkBenchmark.session(threads, scratch)) {
            return run(spark, scratch);
        } finally {
            SparkBenchmark.delete(scratch);
        }
    }

    private int run(SparkSession spark, Path scratch) throws IOException, InterruptedException {
        DigitsTable.write(spark, scratch, perQuery * BATCH, 2 * threads);
        spark.conf().set("spark.firesteel.batchSize", BATCH);
        spark.conf().set("spark.firesteel.device", device);
        Optional<CudaContext> gpu = Backends.device(device).backend().equals(CudaProvider.NAME)
                ? Optional.of(CudaContext.open(CudaDevice.all().get(Backends.device(device).index()).uuid())) : Optional.empty();
        List<Sample> taken = new ArrayList<>();
        long done = 0;
        while (done < batches) {
            boolean columns = done / perQuery % 2 == 0;
            done += QueryTimes.run(spark.sql("SELECT sum(models.digits(pixels)[0]) FROM images"
                    + (columns ? "" : " WHERE size(pixels) = 64"))).batches();
            if (done * samples / batches > taken.size() || done >= batches) {
                taken.add(Sample.take(done, gpu));
                System.out.println(taken.get(taken.size() - 1));
            }
        }
        return judge(taken) ? 0 : 1;
    }

    /** The first quarter is warm-up; of the rest, the second half must not take more than the first. */
    private static boolean judge(List<Sample> all) {
        List<Sample> warm = all.subList(all.size() / 4, all.size());
        List<Sample> early = warm.subList(0, (warm.size() + 1) / 2);
        List<Sample> late = warm.subList(warm.size() / 2, warm.size());
        return steady("heap after GC", early, late, Sample::heap, HEAP_TOLERANCE)
                & steady("resident memory", early, late, Sample::resident, RESIDENT_TOLERANCE)
                & steady("Arrow memory", early, late, Sample::arrow, 0) & steady("JavaCPP memory", early, late, Sample::javaCpp, 0)
                & steady("the engines' memory", early, late, Sample::engine, 0)
                & steady("the GPU's memory", early, late, Sample::gpu, 0);
    }

    private static boolean steady(String what, List<Sample> early, List<Sample> late, ToLongFunction<Sample> bytes, long tolerance) {
        long growth = median(late, bytes) - median(early, bytes);
        boolean holds = growth <= tolerance;
        System.out.println(String.format(Locale.ROOT, "%s: %s %+.2f MiB after warm-up", holds ? "holds" : "GROWS", what,
                (double) growth / MEBIBYTE));
        return holds;
    }

    private static long median(List<Sample> samples, ToLongFunction<Sample> bytes) {
        return samples.stream().sorted(Comparator.comparingLong(bytes)).skip(samples.size() / 2).findFirst().map(bytes::applyAsLong)
                .orElseThrow();
    }
}
