package io.firesteel.backend.cuda.linkage;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/** NVIDIA's management library, NVML: it numbers GPUs as {@code nvidia-smi} does, whatever CUDA shows this process. */
public final class ManagementLibrary {

    private static final String NAME = "libnvidia-ml.so.1";
    private static final String PREFIX = "GPU-";
    private static final int LONGEST_UUID = 96;

    private ManagementLibrary() { }

    /** The UUID of the GPU with a number; empty where there is none, or the library is missing or refuses. */
    public static Optional<UUID> uuid(int number) {
        try {
            NativeLibrary library = NativeLibrary.getInstance(NAME);
            if (call(library, "nvmlInit_v2") != 0) {
                return Optional.empty();
            }
            try {
                PointerByReference device = new PointerByReference();
                byte[] text = new byte[LONGEST_UUID];
                if (call(library, "nvmlDeviceGetHandleByIndex_v2", number, device) != 0
                        || call(library, "nvmlDeviceGetUUID", device.getValue(), text, text.length) != 0) {
                    return Optional.empty();
                }
                return parse(text);
            } finally {
                call(library, "nvmlShutdown");
            }
        } catch (LinkageError e) {
            return Optional.empty();
        }
    }

    private static Optional<UUID> parse(byte[] text) {
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        String name = new String(text, 0, length, StandardCharsets.US_ASCII);
        try {
            return name.startsWith(PREFIX) ? Optional.of(UUID.fromString(name.substring(PREFIX.length()))) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static int call(NativeLibrary library, String name, Object... arguments) {
        Function function = library.getFunction(name);
        return function.invokeInt(arguments);
    }
}
