package io.firesteel.calibration.sensitivity;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.table.QuantizerInput;
import io.firesteel.plan.Plan;
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
 * @param correctBiases whether what rounding weights takes from the means of results is put back into the biases
 * @param weightOnlyFrom elements from which embedding tables, and the weights of products that are not in int8, are stored as bytes;
 *     {@link Long#MAX_VALUE} for none
 */
public record QuantizationRequest(Metric metric, double bound, int rows, int layerRows, Precision precision,
        double leastSignalToNoise, boolean correctBiases, long weightOnlyFrom) implements Serializable {

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
    /** Whether biases are corrected where nothing else is asked for. */
    public static final boolean DEFAULT_BIAS_CORRECTION = true;

    /** @throws FiresteelException {@code QUANTIZATION_OPTION} naming what is wrong */
    public QuantizationRequest {
        if (bound < 0) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "max_loss = " + bound + ": give at least 0");
        }
        if (metric.labelled() && bound >= 1) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "max_loss = " + bound + ": " + metric.label() + " is a share of rows, of"
                    + " which all can be lost at most: give a share below 1, such as 0.003 for 0.3 points");
        }
        if (Double.isNaN(leastSignalToNoise)) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "min_signal_to_noise is no number: give decibels, such as "
                    + DEFAULT_LEAST_SIGNAL_TO_NOISE);
        }
        if (metric.labelled() && bound == 0) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "max_loss = 0: that no row more is lost can be proved on no number of rows:"
                    + " give a share above 0, such as 0.001");
        }
        if (rows < 4 || layerRows < 1) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "rows = " + rows + " and layer_rows = " + layerRows
                    + ": at least 4 rows and 1 for each layer are needed");
        }
        if (weightOnlyFrom < 0) {
            throw FiresteelException.user("QUANTIZATION_OPTION", "weight_only = " + weightOnlyFrom + ": give a number of elements");
        }
    }

    /** What the calibration of a plan tells its quantizer under this request. */
    public QuantizerInput input(Plan plan, CalibrationTable calibration) {
        return calibration.quantizerInput(plan, correctBiases, weightOnlyFrom);
    }

    /** What the comparison of a network with the fp32 network depends on beside rows and restored layers, as text. */
    public String evaluation(Plan plan, QuantizerInput input, String device) {
        return "plan=" + plan.hash() + " quantizer=" + input.key() + " metric=" + metric.label() + " precision=" + precision.label()
                + " device=" + device;
    }

    OptionalDouble limit() {
        return Double.isNaN(bound) ? OptionalDouble.empty() : OptionalDouble.of(bound);
    }
}
