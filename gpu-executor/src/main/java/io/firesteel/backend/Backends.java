package io.firesteel.backend;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The providers on the class path, and the devices of this process, each opened at most once. */
public final class Backends {

    private static final Map<Device, Backend> OPEN = new HashMap<>();

    private Backends() { }

    /** All providers, the preferred first. */
    public static List<BackendProvider> providers() {
        List<BackendProvider> providers = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).forEach(providers::add);
        providers.sort(Comparator.comparingInt(BackendProvider::rank).reversed());
        return providers;
    }

    /**
     * The device a user asks for.
     *
     * @param label {@code auto}, a provider's name, or a name and a number as in {@code cuda:1}
     * @throws FiresteelException with the reason and the remedy where there is no such device
     */
    public static Device device(String label) {
        if (label.equals("auto")) {
            return providers().stream().filter(p -> p.unavailable().isEmpty()).flatMap(p -> p.devices().stream()).findFirst()
                    .orElseThrow(() -> FiresteelException.device("DEVICE_MISSING", "no backend is on the class path", null));
        }
        int colon = label.indexOf(':');
        String name = colon < 0 ? label : label.substring(0, colon);
        BackendProvider provider = providers().stream().filter(p -> p.name().equals(name)).findFirst()
                .orElseThrow(() -> FiresteelException.user("DEVICE_UNKNOWN", "device '" + label + "' is not known; choose auto, "
                        + providers().stream().map(BackendProvider::name).collect(Collectors.joining(", "))));
        Optional<String> reason = provider.unavailable();
        if (reason.isPresent()) {
            throw FiresteelException.device("DEVICE_MISSING", "device '" + label + "' cannot be used: " + reason.get(), null);
        }
        List<Device> devices = provider.devices();
        int index = colon < 0 ? 0 : number(label, label.substring(colon + 1));
        if (index >= devices.size()) {
            throw FiresteelException.user("DEVICE_UNKNOWN", "there is no device '" + label + "': " + name + " has " + devices.size());
        }
        return devices.get(index);
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
        synchronized (OPEN) {
            return OPEN.computeIfAbsent(device, d -> providers().stream().filter(p -> p.name().equals(d.backend())).findFirst()
                    .orElseThrow(() -> FiresteelException.device("DEVICE_MISSING", "no provider for " + d, null)).open(d));
        }
    }
}
