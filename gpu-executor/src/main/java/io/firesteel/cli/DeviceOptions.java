package io.firesteel.cli;

import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.plan.Precision;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Option;

/** Options of the commands that run a model. */
final class DeviceOptions {

    @Option(names = "--device", defaultValue = "auto", description = "auto, cpu, cuda, cuda:N or reference (default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--precision", description = "lowest precision: fp32, tf32, fp16, bf16 (default: what the plan permits)")
    private String precision;

    private CompletableFuture<Device> loaded;

    /** Begins to load the device's libraries; what keeps it from being used is said by {@link #device}. */
    void load() {
        loaded = CompletableFuture.supplyAsync(() -> Backends.device(device), task -> new Thread(task, "firesteel-device").start());
    }

    Device device() {
        if (loaded == null) {
            return Backends.device(device);
        }
        try {
            return loaded.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    /** The precision asked for, or null. */
    Precision precision() {
        return precision == null ? null : Precision.parse(precision);
    }
}
