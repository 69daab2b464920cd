package io.firesteel.backend;

import io.firesteel.FiresteelException;
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

    /** What cluster managers call such devices where they assign them to tasks, for example {@code gpu}; empty where they do not. */
    default Optional<String> resource() {
        return Optional.empty();
    }

    /**
     * The device that an address names which a cluster manager assigned.
     *
     * @param address as the manager's discovery found it, for example a number or an UUID
     * @throws io.firesteel.FiresteelException where this process has no such device; never another device in its place
     */
    default Device assigned(String address) {
        throw FiresteelException.user("DEVICE_UNKNOWN", "devices of '" + name() + "' have no addresses, such as '" + address + "'");
    }

    /** Opens a device; one backend per device and process is shared by all engines. */
    Backend open(Device device);
}
