package io.firesteel.processing;

import io.firesteel.FiresteelException;
import java.util.List;
import java.util.Objects;

/**
 * What a plan does to an input before the network sees it: the input becomes uint8, and the network gets
 * {@code (x * scale - mean) / deviation}.
 *
 * @param input the input's name; [N, C, ...] or any shape
 * @param scale factor of the bytes, for example 1/255
 * @param mean subtracted after scaling: one number, or one for each channel
 * @param deviation divided by: one number, or one for each channel
 * @param channelsLast whether the bytes come as [N, H, W, C] for a network that wants [N, C, H, W]
 */
public record Preprocessing(String input, double scale, List<Double> mean, List<Double> deviation, boolean channelsLast) {

    public Preprocessing {
        Objects.requireNonNull(input);
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        if (mean.isEmpty() || deviation.isEmpty() || deviation.contains(0.0)) {
            throw FiresteelException.user("PREPROCESSING_INVALID", "pre-processing of input '" + input
                    + "' needs a mean and a standard deviation that is not 0");
        }
    }

    /** Bytes taken as the numbers they are. */
    public static Preprocessing bytes(String input) {
        return new Preprocessing(input, 1, List.of(0.0), List.of(1.0), false);
    }
}
