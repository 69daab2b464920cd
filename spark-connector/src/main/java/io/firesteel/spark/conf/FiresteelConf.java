package io.firesteel.spark.conf;

import java.io.Serializable;
import java.util.List;
import java.util.function.Function;

/**
 * The settings of one query: resolved on the driver, from the session's configuration, and sent to the executors.
 *
 * @param device the device models compute on: {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:N} or {@code reference}
 * @param precision the precision to compute in, or {@code plan} for what the plan permits
 * @param batchSize rows of a full batch; 0 chooses by the size of a row
 * @param memoryFraction how much of a GPU's memory one executor may take, above 0 and at most 1
 * @param planCacheDir local directory in which executors keep plan files, or empty for Spark's own local directory
 */
public record FiresteelConf(String device, String precision, int batchSize, double memoryFraction, String planCacheDir)
        implements Serializable {

    private static final Setting<String> DEVICE = Setting.text("spark.firesteel.device", "auto",
            "auto|cpu|reference|cuda(:\\d+)?", "auto, cpu, cuda, cuda:N or reference",
            "The device models compute on. 'auto' takes the best an executor has; naming one that it has not fails the query."
            + " A task that Spark assigned a GPU computes on that one.");
    private static final Setting<String> PRECISION = Setting.text("spark.firesteel.precision", "plan",
            "plan|fp32|tf32|fp16|bf16", "plan, fp32, tf32, fp16 or bf16",
            "The precision to compute in. 'plan' is the one the model was built with; a lower one is refused.");
    private static final Setting<Integer> BATCH_SIZE = Setting.count("spark.firesteel.batchSize", 0, 0,
            "Rows computed at once. 0 chooses by the size of a row, up to 512.");
    private static final Setting<Double> MEMORY_FRACTION = Setting.fraction("spark.firesteel.memory.fraction", 0.9,
            "How much of a GPU's memory one executor may take. Executors that share a GPU get a part each.");
    private static final Setting<String> PLAN_CACHE_DIR = Setting.text("spark.firesteel.planCacheDir", "", ".*",
            "a local directory",
            "Local directory in which executors keep the plan files they fetched. Empty: Spark's own local directory.");

    private static final List<Setting<?>> ALL = List.of(DEVICE, PRECISION, BATCH_SIZE, MEMORY_FRACTION, PLAN_CACHE_DIR);

    /** The settings where nothing is set. */
    public static final FiresteelConf DEFAULTS = from(key -> null);

    /**
     * Reads the settings.
     *
     * @param lookup gives a key's text, or null where it is not set
     * @throws io.firesteel.FiresteelException naming the key, its value and what it must be
     */
    public static FiresteelConf from(Function<String, String> lookup) {
        return new FiresteelConf(read(DEVICE, lookup), read(PRECISION, lookup), read(BATCH_SIZE, lookup),
                read(MEMORY_FRACTION, lookup), read(PLAN_CACHE_DIR, lookup));
    }

    /** The same settings with another precision. */
    public FiresteelConf withPrecision(String other) {
        return new FiresteelConf(device, other, batchSize, memoryFraction, planCacheDir);
    }

    private static <T> T read(Setting<T> setting, Function<String, String> lookup) {
        String text = lookup.apply(setting.key());
        return setting.parse(text == null ? setting.defaultText() : text);
    }

    /** The settings as a Markdown table, the source of the committed documentation. */
    public static String documentation() {
        StringBuilder page = new StringBuilder("| key | default | value | meaning |\n| --- | --- | --- | --- |\n");
        for (Setting<?> setting : ALL) {
            page.append("| `").append(setting.key()).append("` | ")
                    .append(setting.defaultText().isEmpty() ? "(empty)" : "`" + setting.defaultText() + "`").append(" | ")
                    .append(setting.expected()).append(" | ").append(setting.description()).append(" |\n");
        }
        return page.toString();
    }
}
