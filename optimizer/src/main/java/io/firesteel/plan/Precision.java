package io.firesteel.plan;

import io.firesteel.FiresteelException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The lowest precision a plan permits its device to compute in. It is a permission: a device that gains nothing from it
 * computes in a higher one, and sums are always kept in fp32.
 */
public enum Precision {
    /** IEEE single precision throughout. */
    FP32,
    /** Single precision storage; operands of convolutions and matrix products may lose mantissa bits (NVIDIA's TF32). */
    TF32,
    /** IEEE half precision, or bf16 where the device computes in that. */
    FP16,
    /** bfloat16. */
    BF16;

    /** The name users write: {@code fp32}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The precision with that label. */
    public static Precision parse(String label) {
        return Arrays.stream(values()).filter(p -> p.label().equalsIgnoreCase(label)).findFirst()
                .orElseThrow(() -> FiresteelException.user("PRECISION_UNKNOWN", "precision '" + label + "' is not one of "
                        + Arrays.stream(values()).map(Precision::label).collect(Collectors.joining(", "))));
    }
}
