package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import io.firesteel.plan.Precision;
import java.io.Serializable;
import java.util.OptionalDouble;

/**
 * What a user asks a quantization for.
 *
 * @param metric by which accuracy is measured
 * @param bound the most that may be lost of it up to the upper end of the 95% interval, or NaN for no bound
 * @param rows the most validation rows that are taken, half to select layers by and half to test on
 * @param layerRows the rows to select by on which each layer's effect is measured
 * @param precision what layers that are not in int8 may compute in
 * @param leastSignalToNoise decibels that what a layer reads must have in int8 where no rows are validated on
 */
public record QuantizationRequest(Metric metric, double bound, int rows, int layerRows, Precision precision,
        double leastSignalToNoise) implements Serializable {

    /** The metric where nothing else is asked for. */
    public static final String DEFAULT_METRIC = "top1";
    /** The rows where nothing else is asked for. */
    public static final int DEFAULT_ROWS = 20_000;
    /** The rows for each layer where nothing else is asked for. */
    public static final int DEFAULT_LAYER_ROWS = 256;
    /** The precision of layers that are not in int8 where nothing else is asked for. */
    public static final String DEFAULT_PRECISION = "fp16";
    /** The decibels where nothing else is asked for. */
    public static final double DEFAULT_LEAST_SIGNAL_TO_NOISE = 15;

    /** @throws FiresteelException {@code QUANTIZATION_OPTION} naming what is wrong */
    public QuantizationRequest {
        if (bound < 0) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "max_loss = " + bound + ": give at least 0");
        }
        if (rows < 4 || layerRows < 1) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "rows = " + rows + " and layer_rows = " + layerRows
                    + ": at least 4 rows and 1 for each layer are needed");
        }
    }

    OptionalDouble limit() {
        return Double.isNaN(bound) ? OptionalDouble.empty() : OptionalDouble.of(bound);
    }
}
