package io.firesteel.cli;

import io.firesteel.backend.BackendProvider;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code firesteel doctor}. */
@Command(name = "doctor", description = "Shows devices, libraries and versions, what is missing and the remedy.",
        mixinStandardHelpOptions = true)
public final class DoctorCommand implements Subcommand {

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("java", System.getProperty("java.version") + " " + System.getProperty("java.vendor"));
        result.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        result.put("processors", Runtime.getRuntime().availableProcessors());
        result.put("heapMiB", Runtime.getRuntime().maxMemory() >> 20);
        boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        result.put("vectorApi", vectors ? "on" : "off: start Java with --add-modules jdk.incubator.vector for faster kernels");
        List<Object> backends = new ArrayList<>();
        for (BackendProvider provider : Backends.providers()) {
            Map<String, Object> backend = new LinkedHashMap<>();
            backend.put("name", provider.name());
            backend.put("problem", provider.unavailable().orElse(null));
            backend.put("devices", provider.unavailable().isPresent() ? List.of()
                    : provider.devices().stream().map(DoctorCommand::device).toList());
            backends.add(backend);
        }
        result.put("backends", backends);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(result));
        } else {
            print(result, out);
        }
        return 0;
    }

    private static Map<String, Object> device(Device device) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("label", device.label());
        result.put("name", device.name());
        result.put("versions", device.key());
        return result;
    }

    private static void print(Map<String, Object> result, PrintWriter out) {
        result.forEach((key, value) -> {
            if (!key.equals("backends")) {
                out.println(String.format("%-11s %s", key, value));
            }
        });
        for (BackendProvider provider : Backends.providers()) {
            if (provider.unavailable().isPresent()) {
                out.println(String.format("%-11s not usable: %s", provider.name(), provider.unavailable().get()));
            } else {
                provider.devices().forEach(d -> out.println(String.format("%-11s %s, %s", d.label(), d.name(), d.key())));
            }
        }
        out.flush();
    }
}
