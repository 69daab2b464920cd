package io.firesteel.calibration.job;

import io.firesteel.calibration.histogram.Histogram;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.threshold.Threshold;
import io.firesteel.spark.catalog.Catalyst;
import io.firesteel.spark.catalog.ModelTable;
import io.firesteel.spark.catalog.StoredModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.types.StructType;

/**
 * The calibration of a model: {@code models.NAME.calibration}, one row for each tensor, none where the version in use is not
 * calibrated.
 */
public final class CalibrationModelTable implements ModelTable {

    private static final List<String> METHODS = List.of("min-max", "percentile", "mse", "entropy");

    @Override
    public String name() {
        return "calibration";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("tensor STRING NOT NULL, rows BIGINT NOT NULL, min FLOAT, max FLOAT, threshold DOUBLE,"
                + " method STRING, share_clipped DOUBLE, signal_to_noise DOUBLE, min_max DOUBLE, percentile DOUBLE, mse DOUBLE,"
                + " entropy DOUBLE, signal_to_noise_mse DOUBLE, signal_to_noise_entropy DOUBLE, elements BIGINT, zeros BIGINT, nans BIGINT, infinities BIGINT,"
                + " histogram STRUCT<bin_width: DOUBLE, sampled: BOOLEAN, counts: ARRAY<BIGINT>>");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        return CalibrationFolder.of(model.uri(), model.store().configuration()).table(model.hash())
                .map(CalibrationModelTable::rows).orElse(List.of());
    }

    private static List<InternalRow> rows(CalibrationTable table) {
        TreeSet<String> names = new TreeSet<>(table.tensors().keySet());
        names.addAll(table.histograms().tensors().keySet());
        return names.stream().map(name -> row(table, name)).toList();
    }

    private static InternalRow row(CalibrationTable table, String name) {
        List<Object> row = new ArrayList<>(List.of(name, table.histograms().rows()));
        Histogram histogram = table.histogram(name).orElse(null);
        boolean seen = histogram != null && histogram.finite() > 0;
        row.add(seen ? histogram.min() : null);
        row.add(seen ? histogram.max() : null);
        CalibrationTable.Tensor tensor = table.tensors().get(name);
        Threshold chosen = tensor == null ? null : tensor.chosen();
        row.add(chosen == null ? null : chosen.value());
        row.add(chosen == null ? null : chosen.method());
        row.add(chosen == null || Double.isNaN(chosen.clippedShare()) ? null : chosen.clippedShare());
        row.add(signalToNoise(chosen));
        for (String method : METHODS) {
            Threshold one = by(method, tensor);
            row.add(one == null ? null : one.value());
        }
        row.add(signalToNoise(by("mse", tensor)));
        row.add(signalToNoise(by("entropy", tensor)));
        row.add(histogram == null ? null : histogram.finite());
        row.add(histogram == null ? null : histogram.zeros());
        row.add(histogram == null ? null : histogram.nans());
        row.add(histogram == null ? null : histogram.infinities());
        row.add(histogram == null ? null : Catalyst.row(histogram.binWidth(), histogram.sampled(),
                UnsafeArrayData.fromPrimitiveArray(Arrays.copyOf(histogram.counts(), histogram.usedBins()))));
        return Catalyst.row(row.toArray());
    }

    private static Threshold by(String method, CalibrationTable.Tensor tensor) {
        return tensor == null ? null : tensor.byMethod().get(method);
    }

    private static Double signalToNoise(Threshold threshold) {
        return threshold == null || Double.isNaN(threshold.signalToNoise()) ? null : threshold.signalToNoise();
    }
}
