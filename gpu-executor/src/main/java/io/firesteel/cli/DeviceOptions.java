package io.firesteel.cli;

import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.plan.Precision;
import picocli.CommandLine.Option;

/** Options of the commands that run a model. */
final class DeviceOptions {

    @Option(names = "--device", defaultValue = "auto", description = "auto, cpu, cuda, cuda:N or reference (default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--precision", description = "lowest precision: fp32, tf32, fp16, bf16 (default: what the plan permits)")
    private String precision;

    /** Begins to load the device's libraries; what keeps it from being used is said by {@link #device}. */
    void load() {
        Backends.load(device);
    }

    Device device() {
        return Backends.device(device);
    }

    /** The precision asked for, or null. */
    Precision precision() {
        return precision == null ? null : Precision.parse(precision);
    }
}
