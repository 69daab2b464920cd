package io.firesteel.spark.plugin;

import io.firesteel.FiresteelException;
import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** Decides which device of its executor a task computes on. */
final class TaskDevice {

    private static final System.Logger LOG = System.getLogger(TaskDevice.class.getName());

    private TaskDevice() { }

    /** The addresses that Spark assigned the calling task of a resource; empty where it assigned none. */
    static List<String> addresses(String resource) {
        TaskContext task = TaskContext.get();
        ResourceInformation assigned = task == null ? null : task.resourcesJMap().get(resource);
        return assigned == null ? List.of() : List.of(assigned.addresses());
    }

    /**
     * The device of a task. One that Spark assigned addresses computes on the first of these and on no other device; without
     * addresses the tasks spread over the executor's devices.
     *
     * @param label as set: {@code auto}, a backend's name, or a name and a number, which is then one of the assigned devices
     * @param providers the backends, the preferred first
     * @param addresses those that the task was assigned of a resource
     * @param users how many tasks use a device at present
     * @throws FiresteelException where a device that was assigned or asked for cannot be used
     */
    static Device of(String label, List<BackendProvider> providers, Function<String, List<String>> addresses, ToIntFunction<Device> users) {
        Optional<Device> assigned = assigned(label, providers, addresses);
        if (assigned.isPresent()) {
            Backends.requireOn(assigned.get());
            return assigned.get();
        }
        List<Device> devices = Backends.devices(label, providers);
        return devices.stream().min(Comparator.comparingInt(users).thenComparing(Device::index)).orElseThrow();
    }

    private static Optional<Device> assigned(String label, List<BackendProvider> providers, Function<String, List<String>> addresses) {
        for (BackendProvider provider : providers) {
            boolean named = label.equals(provider.name()) || label.startsWith(provider.name() + ":");
            if (provider.resource().isEmpty() || !named && !label.equals("auto")) {
                continue;
            }
            List<String> given = addresses.apply(provider.resource().get());
            if (given.isEmpty()) {
                continue;
            }
            if (provider.unavailable().isPresent()) {
                if (named) {
                    throw FiresteelException.device("DEVICE_MISSING", "device '" + label + "' cannot be used: "
                            + provider.unavailable().get(), null);
                }
                LOG.log(System.Logger.Level.WARNING, "Spark assigned " + provider.resource().get() + " " + given
                        + ", which is not used: " + provider.unavailable().get());
                continue;
            }
            return Optional.of(label.contains(":") ? among(label, provider, given) : provider.assigned(given.get(0)));
        }
        return Optional.empty();
    }

    private static Device among(String label, BackendProvider provider, List<String> addresses) {
        return addresses.stream().map(provider::assigned).filter(device -> device.label().equals(label)).findFirst()
                .orElseThrow(() -> FiresteelException.user("DEVICE_NOT_ASSIGNED", "device '" + label + "' is not among those Spark assigned"
                        + " the task: " + addresses + "; set spark.firesteel.device to " + provider.name()));
    }
}
