package io.firesteel.backend.cpu;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Device;
import io.firesteel.backend.cpu.onednn.OneDnn;
import java.util.List;
import java.util.Optional;

/** The processor of this machine, through oneDNN. */
public final class CpuProvider implements BackendProvider {

    private static final int RANK = 100;

    /** For {@link java.util.ServiceLoader}. */
    public CpuProvider() {}

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public Optional<String> unavailable() {
        return OneDnn.unavailableReason();
    }

    @Override
    public List<Device> devices() {
        return unavailable().isPresent() ? List.of() : List.of(CpuDevice.describe());
    }

    @Override
    public Backend open(Device device) {
        unavailable().ifPresent(reason -> {
            throw FiresteelException.device("CPU_LIBRARY_MISSING", reason, null);
        });
        return new CpuBackend(device);
    }
}
