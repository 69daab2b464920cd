package io.firesteel.backend.cpu;

import io.firesteel.backend.Device;
import io.firesteel.backend.cpu.onednn.OneDnn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Names the processor. */
final class CpuDevice {

    private CpuDevice() {}

    static Device describe() {
        String model = model().orElse(System.getProperty("os.arch"));
        return new Device("cpu", 0, model, "cpu/" + model + "/" + OneDnn.instructionSet() + "/onednn-" + OneDnn.version(), true);
    }

    private static Optional<String> model() {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(info)) {
            return Optional.empty();
        }
        try (var lines = Files.lines(info)) {
            return lines.filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
