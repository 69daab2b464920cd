package io.firesteel.backend;

import java.util.List;
import java.util.Optional;

/** Finds the devices of one kind. Found through {@link java.util.ServiceLoader}; loading one touches no native library. */
public interface BackendProvider {

    /** The name users choose devices by, for example {@code cpu}. */
    String name();

    /** Which provider {@code device=auto} prefers: the highest rank that has a device. */
    int rank();

    /** Why no device can be used, with the remedy, in one line; empty where {@link #devices()} has at least one. */
    Optional<String> unavailable();

    /** The usable devices, best first; empty where there is none. */
    List<Device> devices();

    /** Opens a device; one backend per device and process is shared by all engines. */
    Backend open(Device device);
}
