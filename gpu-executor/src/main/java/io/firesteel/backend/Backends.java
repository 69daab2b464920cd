package io.firesteel.backend;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The providers on the class path, and the devices of this process, each opened at most once. */
public final class Backends {

    private static final Map<Device, Backend> OPEN = new HashMap<>();

    private static final Map<Device, String> OFF = new ConcurrentHashMap<>();

    private static final Set<String> LOADING = ConcurrentHashMap.newKeySet();

    private Backends() { }

    /** All providers, the preferred first. */
    public static List<BackendProvider> providers() {
        List<BackendProvider> providers = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).forEach(providers::add);
        providers.sort(Comparator.comparingInt(BackendProvider::rank).reversed());
        return providers;
    }

    /**
     * Begins to load the libraries of the devices a user leaves the choice of, on a thread of its own, once for each label.
     * {@link #devices(String)} waits for them and says what is missing.
     *
     * @param label as {@link #devices(String)} takes it
     */
    public static void load(String label) {
        if (LOADING.add(label)) {
            Thread thread = new Thread(() -> {
                try {
                    devices(label);
                } catch (RuntimeException | LinkageError e) {
                    // Who needs a device meets the same and reports it.
                    LOADING.remove(label);
                }
            }, "firesteel-device");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /**
     * The device a user asks for: the first of {@link #devices}.
     *
     * @param label {@code auto}, a provider's name, or a name and a number as in {@code cuda:1}
     * @throws FiresteelException with the reason and the remedy where there is no such device
     */
    public static Device device(String label) {
        return devices(label).get(0);
    }

    /**
     * The devices a user leaves the choice of, at least one: all of the same kind, so that results do not depend on which is taken.
     * Devices that were switched off are not among them.
     *
     * @param label {@code auto}, a provider's name, or a name and a number as in {@code cuda:1}
     * @throws FiresteelException with the reason and the remedy where there is no such device
     */
    public static List<Device> devices(String label) {
        return devices(label, providers());
    }

    /** As {@link #devices(String)}, of given providers, the preferred first. */
    public static List<Device> devices(String label, List<BackendProvider> providers) {
        if (label.equals("auto")) {
            return alike(providers.stream().filter(p -> p.unavailable().isEmpty()).flatMap(p -> p.devices().stream())
                    .filter(d -> !isOff(d)).toList())
                    .orElseThrow(() -> FiresteelException.device("DEVICE_MISSING", "no backend is on the class path", null));
        }
        int colon = label.indexOf(':');
        String name = colon < 0 ? label : label.substring(0, colon);
        BackendProvider provider = providers.stream().filter(p -> p.name().equals(name)).findFirst()
                .orElseThrow(() -> FiresteelException.user("DEVICE_UNKNOWN", "device '" + label + "' is not known; choose auto, "
                        + providers.stream().map(BackendProvider::name).collect(Collectors.joining(", "))));
        Optional<String> reason = provider.unavailable();
        if (reason.isPresent()) {
            throw FiresteelException.device("DEVICE_MISSING", "device '" + label + "' cannot be used: " + reason.get(), null);
        }
        List<Device> devices = provider.devices();
        if (colon < 0) {
            return alike(devices.stream().filter(d -> !isOff(d)).toList()).orElseThrow(() -> off(devices.get(0)));
        }
        int index = number(label, label.substring(colon + 1));
        if (index >= devices.size()) {
            throw FiresteelException.user("DEVICE_UNKNOWN", "there is no device '" + label + "': " + name + " has " + devices.size());
        }
        requireOn(devices.get(index));
        return List.of(devices.get(index));
    }

    /** The first and those of its kind. */
    private static Optional<List<Device>> alike(List<Device> devices) {
        return devices.isEmpty() ? Optional.empty()
                : Optional.of(devices.stream().filter(d -> d.key().equals(devices.get(0).key())).toList());
    }

    /** Takes a device out of use by this process, for good: nothing is opened on it any more. */
    public static void switchOff(Device device, String reason) {
        OFF.putIfAbsent(device, reason);
    }

    /** Whether a device was switched off. */
    public static boolean isOff(Device device) {
        return OFF.containsKey(device);
    }

    /** @throws FiresteelException that says why, where the device was switched off */
    public static void requireOn(Device device) {
        if (isOff(device)) {
            throw off(device);
        }
    }

    private static FiresteelException off(Device device) {
        return FiresteelException.deviceLost("device " + device + " is switched off until this process is restarted: " + OFF.get(device), null);
    }

    private static int number(String label, String digits) {
        try {
            return Integer.parseUnsignedInt(digits);
        } catch (NumberFormatException e) {
            throw FiresteelException.user("DEVICE_UNKNOWN", "device '" + label + "' is not a name and a number");
        }
    }

    /** Opens a device, or gives the backend it was opened as before. */
    public static Backend open(Device device) {
        requireOn(device);
        synchronized (OPEN) {
            Backend known = OPEN.get(device);
            if (known == null) {
                known = providers().stream().filter(p -> p.name().equals(device.backend())).findFirst()
                        .orElseThrow(() -> FiresteelException.device("DEVICE_MISSING", "no provider for " + device, null)).open(device);
                OPEN.put(device, known);
            }
            return known;
        }
    }
}
