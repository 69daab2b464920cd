package io.firesteel;

import java.util.Objects;
import java.util.Optional;

/**
 * The one exception Firesteel throws for what can go wrong outside its own code.
 *
 * <p>It carries a stable {@linkplain #code() code}, a {@linkplain #kind() kind} that says who can mend it, and, where one is
 * concerned, the ONNX {@linkplain #node() node}. Its message is one line that names the node, column, row or key and the
 * remedy. Only {@link Kind#RESOURCE} errors are retried.
 */
public final class FiresteelException extends RuntimeException {

    /** Who can mend an error. */
    public enum Kind {
        /** The model, the plan, the rows or the configuration are wrong: the user mends it. */
        USER,
        /** Memory or another bounded resource ran out: a smaller batch may succeed. */
        RESOURCE,
        /** The device or its libraries failed. */
        DEVICE,
        /** A defect in Firesteel. */
        INTERNAL
    }

    private static final String DEVICE_LOST = "DEVICE_LOST";
    private static final int MESSAGE_LIMIT = 1 << 19;

    private final String code;
    private final Kind kind;
    private final String node;

    /**
     * @param code stable upper-case identifier, for example {@code PLAN_DAMAGED}
     * @param kind who can mend it
     * @param node the ONNX node concerned, or null
     * @param message one line: what is wrong, where, and the remedy
     * @param cause the underlying error, or null
     */
    public FiresteelException(String code, Kind kind, String node, String message, Throwable cause) {
        super(oneLine(message), cause);
        this.code = Objects.requireNonNull(code);
        this.kind = Objects.requireNonNull(kind);
        this.node = node;
    }

    /** Names from a file may hold line breaks and terminal control characters, or be very long. */
    private static String oneLine(String message) {
        String text = String.valueOf(message);
        String line = text.length() > MESSAGE_LIMIT ? text.substring(0, MESSAGE_LIMIT) + "..." : text;
        for (int i = 0; i < line.length(); i++) {
            if (Character.isISOControl(line.charAt(i))) {
                return line.replaceAll("\\p{Cntrl}+", " ");
            }
        }
        return line;
    }

    /** An error in the model, plan, rows or configuration. */
    public static FiresteelException user(String code, String message) {
        return new FiresteelException(code, Kind.USER, null, message, null);
    }

    /** An error at one node of the model. */
    public static FiresteelException atNode(String code, String node, String message) {
        return new FiresteelException(code, Kind.USER, node, message, null);
    }

    /** A failure of the device or its libraries. */
    public static FiresteelException device(String code, String message, Throwable cause) {
        return new FiresteelException(code, Kind.DEVICE, null, message, cause);
    }

    /** A device that this process can use no more. */
    public static FiresteelException deviceLost(String message, Throwable cause) {
        return device(DEVICE_LOST, message, cause);
    }

    /** A bounded resource ran out. */
    public static FiresteelException resource(String code, String message) {
        return new FiresteelException(code, Kind.RESOURCE, null, message, null);
    }

    /** A defect in Firesteel itself. */
    public static FiresteelException internal(String message, Throwable cause) {
        return new FiresteelException("INTERNAL_ERROR", Kind.INTERNAL, null, message, cause);
    }

    /** The stable identifier of the error. */
    public String code() {
        return code;
    }

    /** Whether the device can be used no more by this process. */
    public boolean isDeviceLost() {
        return code.equals(DEVICE_LOST);
    }

    /** Who can mend it. */
    public Kind kind() {
        return kind;
    }

    /** The ONNX node concerned, where there is one. */
    public Optional<String> node() {
        return Optional.ofNullable(node);
    }
}
