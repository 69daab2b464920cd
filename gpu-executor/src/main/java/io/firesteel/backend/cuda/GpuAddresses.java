package io.firesteel.backend.cuda;

import io.firesteel.FiresteelException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntFunction;

/**
 * Finds the GPU that a cluster manager's address names among those that CUDA shows this process. An address is a GPU's UUID or the
 * number that {@code nvidia-smi} gives it: CUDA counts only what {@code CUDA_VISIBLE_DEVICES} shows, in an order of its own, so a
 * number is turned into a UUID first. Where that cannot be done for certain, no device is given rather than another one.
 *
 * @param visible the GPUs CUDA shows, in CUDA's order
 * @param byNumber the UUID of the GPU that the driver gives a number; empty where that is not known
 * @param visibility the value of {@code CUDA_VISIBLE_DEVICES}, or null
 */
record GpuAddresses(List<Gpu> visible, IntFunction<Optional<UUID>> byNumber, String visibility) {

    /** The environment variable that limits what CUDA shows. */
    static final String VARIABLE = "CUDA_VISIBLE_DEVICES";

    /**
     * A GPU that CUDA shows.
     *
     * @param uuid which one it is
     * @param name its model
     */
    record Gpu(UUID uuid, String name) { }

    /**
     * The place among the visible GPUs of the one an address names.
     *
     * @throws FiresteelException where it is not visible, or the address does not say for certain which it is
     */
    int index(String address) {
        String text = address.strip();
        Optional<UUID> uuid = uuid(text);
        if (uuid.isPresent()) {
            return among(address, uuid.get());
        }
        if (text.startsWith("MIG-")) {
            return visible.size() == 1 && text.equals(visibility) ? 0 : fail(address, "a part of a GPU is only used where " + VARIABLE
                    + " names it and nothing else");
        }
        if (!text.matches("\\d{1,4}")) {
            return fail(address, "it is neither a number nor a UUID");
        }
        Optional<UUID> numbered = byNumber.apply(Integer.parseInt(text));
        return numbered.isPresent() ? among(address, numbered.get()) : byPlace(address, text);
    }

    /** Without the driver's numbers: by the place in the variable, or CUDA's own count where it can only be the driver's. */
    private int byPlace(String address, String number) {
        if (visibility == null) {
            int index = Integer.parseInt(number);
            boolean alike = visible.stream().map(Gpu::name).distinct().count() == 1;
            return alike && index < visible.size() ? index : fail(address, "its UUID cannot be found");
        }
        int place = Arrays.stream(visibility.split(",")).map(String::strip).toList().indexOf(number);
        return place >= 0 && place < visible.size() ? place : fail(address, "its UUID cannot be found");
    }

    private static Optional<UUID> uuid(String text) {
        String bare = text.toUpperCase(Locale.ROOT).startsWith("GPU-") ? text.substring("GPU-".length()) : text;
        return bare.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}") ? Optional.of(UUID.fromString(bare)) : Optional.empty();
    }

    private int among(String address, UUID uuid) {
        for (int i = 0; i < visible.size(); i++) {
            if (visible.get(i).uuid().equals(uuid)) {
                return i;
            }
        }
        return fail(address, "GPU-" + uuid + " is not visible to this process");
    }

    private int fail(String address, String reason) {
        throw FiresteelException.device("DEVICE_MISSING", "the assigned GPU '" + address + "' cannot be used: " + reason + "; " + VARIABLE
                + " is " + (visibility == null ? "not set" : "'" + visibility + "'") + ", CUDA shows "
                + visible.stream().map(g -> "GPU-" + g.uuid()).toList() + ": let the discovery script print UUIDs (nvidia-smi"
                + " --query-gpu=uuid --format=csv,noheader) and the executor see these GPUs", null);
    }
}
