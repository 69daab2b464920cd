package io.firesteel.calibration.observe;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.histogram.Histogram;
import java.io.Serializable;

/**
 * How activations are observed; everything that the histograms of the same rows depend on, beside plan and device.
 *
 * @param batchRows rows of every batch
 * @param bins bins of every histogram
 * @param stride of values with many elements a row, every how many are counted in the bins; 1 counts all
 * @param strideFrom elements a row from which a value has many
 */
public record ObserveOptions(int batchRows, int bins, int stride, long strideFrom) implements Serializable {

    /** Batches of 8 rows, 4,096 bins, and of values with 16,384 elements a row and more every eleventh. */
    public static final ObserveOptions DEFAULT = new ObserveOptions(8, Histogram.DEFAULT_BINS, 11, 1 << 14);

    /** @throws FiresteelException {@code CALIBRATION_OPTION} where the batch or the stride is not positive */
    public ObserveOptions {
        if (batchRows < 1 || stride < 1) {
            throw FiresteelException.user("CALIBRATION_OPTION", "batch " + batchRows + " and stride " + stride
                    + " must be at least 1");
        }
    }
}
