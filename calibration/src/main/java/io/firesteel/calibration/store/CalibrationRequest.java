package io.firesteel.calibration.store;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.threshold.ThresholdMethod;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * What a user asks a calibration for.
 *
 * @param rows rows of the sample
 * @param method name of the method that chooses thresholds
 * @param percentile of the method {@code percentile}, from 50 to 100
 * @param mostClipped share of elements that a tensor may clip without a warning, 0 to 1
 * @param observe how rows are observed
 */
public record CalibrationRequest(int rows, String method, double percentile, double mostClipped, ObserveOptions observe)
        implements Serializable {

    /** Rows where nothing else is asked for. */
    public static final int DEFAULT_ROWS = 1024;
    /** The percentile where nothing else is asked for. */
    public static final double DEFAULT_PERCENTILE = 99.99;
    /** The share that may be clipped where nothing else is asked for. */
    public static final double DEFAULT_MOST_CLIPPED = 0.01;
    /** The method where nothing else is asked for. */
    public static final String DEFAULT_METHOD = "auto";

    /** @throws FiresteelException {@code CALIBRATION_OPTION} naming what is wrong */
    public CalibrationRequest {
        if (rows < 1) {
            throw FiresteelException.user("CALIBRATION_OPTION", "rows = " + rows + ": a sample needs at least 1 row");
        }
        if (!(mostClipped >= 0 && mostClipped <= 1)) {
            throw FiresteelException.user("CALIBRATION_OPTION", "max_clipped = " + mostClipped + ": give a share from 0 to 1");
        }
        ThresholdMethod.percentile(percentile);
        ThresholdMethod.parse(method);
    }

    /** The method. */
    public ThresholdMethod thresholds() {
        return method.equals("percentile") ? ThresholdMethod.percentile(percentile) : ThresholdMethod.parse(method);
    }

    /** What a user should know before trusting a table that this request gave, one line each. */
    public List<String> warnings(CalibrationTable table) {
        List<String> warnings = new ArrayList<>();
        if (table.histograms().rows() < rows) {
            warnings.add("the data has " + table.histograms().rows() + " rows, fewer than the " + rows + " asked for: all were observed");
        }
        warnings.addAll(table.warnings(mostClipped));
        return warnings;
    }

    /** What the histograms of a row depend on beside plan and row, as text. */
    public String observation(String device) {
        return "device=" + device + " batch=" + observe.batchRows() + " bins=" + observe.bins() + " stride=" + observe.stride()
                + " from=" + observe.strideFrom();
    }
}
