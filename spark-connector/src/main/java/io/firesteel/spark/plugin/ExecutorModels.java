package io.firesteel.spark.plugin;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.backend.Memory;
import io.firesteel.engine.EngineCache;
import io.firesteel.engine.EngineOptions;
import io.firesteel.engine.TacticStore;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.metrics.InferenceMetrics;
import io.firesteel.spark.model.ModelSpec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;

/** The models of this JVM: one engine per plan, device and precision, shared by all its tasks. */
public final class ExecutorModels {

    private ExecutorModels() { }

    /**
     * A share of the engine of a model; the first task to ask has it built, the others wait.
     *
     * @param model the version
     * @param conf the query's settings
     * @param hadoop the session's settings of file systems
     * @param metrics where a plan load is counted
     */
    public static ModelRuntime acquire(ModelSpec model, FiresteelConf conf, Configuration hadoop, InferenceMetrics metrics) {
        long start = System.nanoTime();
        EngineCache.Lease lease = guarded(() -> engine(model, conf, hadoop));
        if (lease.isFirst()) {
            metrics.planLoads().add(1);
            metrics.planLoadTime().add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        }
        return new Share(lease);
    }

    /**
     * The use of a model's engine itself, for jobs that do more than compute outputs.
     *
     * @param model the version
     * @param conf the job's settings
     * @param hadoop the session's settings of file systems
     */
    public static EngineCache.Lease engine(ModelSpec model, FiresteelConf conf, Configuration hadoop) {
        EngineOptions options = EngineOptions.defaults().withTactics(TacticStore.beside(TacticFiles.of(model.uri(), hadoop)));
        return engine(conf, options, model.hash(), () -> PlanFiles.load(model, conf, hadoop));
    }

    /**
     * The use of an engine of a plan that is made from a model's.
     *
     * @param model the version
     * @param conf the job's settings
     * @param hadoop the session's settings of file systems
     * @param variant tells the plans that are made from one model apart
     * @param change makes the plan, in the first task that asks
     */
    public static EngineCache.Lease engine(ModelSpec model, FiresteelConf conf, Configuration hadoop, String variant,
            UnaryOperator<Plan> change) {
        return engine(conf, EngineOptions.defaults(), model.hash() + " " + variant, () -> change.apply(PlanFiles.load(model, conf, hadoop)));
    }

    private static EngineCache.Lease engine(FiresteelConf conf, EngineOptions defaults, String key, Supplier<Plan> plan) {
        Backends.load(conf.device());
        EngineOptions options = conf.batchSize() > 0 ? defaults.withBucket(conf.batchSize()) : defaults;
        if (!conf.precision().equals("plan")) {
            options = options.withPrecision(Precision.parse(conf.precision()));
        }
        return EngineCache.SHARED.acquire(options.buckets().equals(defaults.buckets()) ? key : key + " in batches of " + conf.batchSize(), () -> {
            Device device = TaskDevice.of(conf.device(), Backends.providers(), TaskDevice::addresses, EngineCache.SHARED::users);
            Backends.open(device).limitMemory(conf.memoryFraction());
            return device;
        }, options, plan);
    }

    /** Ends this executor where its device is lost. */
    private static <T> T guarded(Supplier<T> work) {
        try {
            return work.get();
        } catch (FiresteelException e) {
            throw DeviceLostError.unlessLost(e);
        }
    }

    private record Share(EngineCache.Lease lease) implements ModelRuntime {

        @Override
        public List<Integer> buckets() {
            return guarded(lease.engine()::buckets);
        }

        @Override
        public boolean computesBeside() {
            return !lease.engine().device().hostMemory();
        }

        @Override
        public Optional<Memory> hostMemory(long bytes) {
            return computesBeside() ? Optional.of(guarded(() -> lease.engine().borrowHost(bytes))) : Optional.empty();
        }

        @Override
        public void prepare(int rows) {
            guarded(() -> {
                lease.engine().prepare(rows);
                return rows;
            });
        }

        @Override
        public void run(int rows, ByteBuffer[] inputs, ByteBuffer[] outputs) {
            guarded(() -> {
                lease.engine().run(rows, inputs, outputs);
                return rows;
            });
        }

        @Override
        public void close() {
            lease.close();
        }
    }
}
