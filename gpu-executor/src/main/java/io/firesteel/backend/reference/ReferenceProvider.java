package io.firesteel.backend.reference;

import io.firesteel.backend.Backend;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Device;
import java.util.List;
import java.util.Optional;

/** Always has its one device. */
public final class ReferenceProvider implements BackendProvider {

    /** The provider's name. */
    public static final String NAME = "reference";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public List<Device> devices() {
        return List.of(new Device(NAME, 0, "plain Java evaluator", NAME, true));
    }

    @Override
    public Backend open(Device device) {
        return new ReferenceBackend(device);
    }
}
