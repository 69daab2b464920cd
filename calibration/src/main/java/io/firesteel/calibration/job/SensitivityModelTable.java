package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.LayerEffect;
import io.firesteel.calibration.sensitivity.Loss;
import io.firesteel.calibration.sensitivity.Part;
import io.firesteel.calibration.sensitivity.SearchStep;
import io.firesteel.calibration.sensitivity.SensitivityTable;
import io.firesteel.calibration.store.SensitivityFile;
import io.firesteel.quant.Equalizer;
import io.firesteel.spark.catalog.Catalyst;
import io.firesteel.spark.catalog.ModelTable;
import io.firesteel.spark.catalog.StoredModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/**
 * Why the layers of a quantized model have their precisions: {@code models.NAME.sensitivity}, one row for each layer, the one
 * that costs most first; then one for each network that the search evaluated and one for the whole. Without rows where the
 * version in use was not quantized by Firesteel, or the table is of another model that had the same file.
 */
public final class SensitivityModelTable implements ModelTable {

    @Override
    public String name() {
        return "sensitivity";
    }

    @Override
    public StructType schema() {
        return StructType.fromDDL("step STRING NOT NULL, layer STRING, signal_to_noise DOUBLE, cosine DOUBLE, effect DOUBLE,"
                + " effect_low DOUBLE, effect_high DOUBLE, precision STRING, reason STRING, restored INT, rows BIGINT, seconds DOUBLE,"
                + " bias_correction DOUBLE, equalized_with ARRAY<STRING>");
    }

    @Override
    public List<InternalRow> rows(StoredModel model) {
        return new SensitivityFile(model.uri(), model.store().configuration()).read()
                .filter(table -> table.source().equals(model.header().provenance().get("quantized-from")))
                .map(table -> rows(table, Equalizer.partners(model.header().provenance()))).orElse(List.of());
    }

    private static List<InternalRow> rows(SensitivityTable table, Map<String, List<String>> equalized) {
        List<InternalRow> rows = new ArrayList<>();
        for (SensitivityTable.Layer layer : table.layers()) {
            LayerEffect effect = layer.effect();
            boolean measured = !Double.isNaN(effect.effect().value());
            rows.add(row("layer", effect.layer(), effect.signalToNoise(), effect.cosine(), effect.effect(), layer.precision(), layer.reason(),
                    null, measured ? table.layerRows() : null, null, layer.biasCorrection(), equalized.getOrDefault(effect.layer(), List.of())));
        }
        if (table.layerRows() > 0) {
            rows.add(row("layers", null, Double.NaN, Double.NaN, null, null, "each layer alone in int8", null, table.layerRows(), table.layerSeconds(),
                    null, null));
        }
        for (SearchStep step : table.steps()) {
            String verdict = Double.isNaN(table.bound()) ? "" : step.loss().within(table.bound()) ? "; holds" : "; does not hold";
            rows.add(row(step.part() == Part.TEST ? "test" : "selection", null, Double.NaN, Double.NaN, step.loss(), null,
                    String.format(Locale.ROOT, "%s %.6g, %.6g in fp32%s", table.metric(), step.candidate(), step.reference(), verdict),
                    step.restored(), step.rows(), step.seconds(), null, null));
        }
        rows.add(row("total", null, Double.NaN, Double.NaN, null, null, table.int8Layers() + " of " + table.layers().size()
                + " layers in int8, " + table.jobs() + " passes over rows", null, null, table.seconds(), null, null));
        return rows;
    }

    private static InternalRow row(String step, String layer, double signalToNoise, double cosine, Loss loss, String precision, String reason,
            Integer restored, Long rows, Double seconds, Double biasCorrection,
            List<String> equalizedWith) {
        return Catalyst.row(step, layer, known(signalToNoise), known(cosine), loss == null ? null : known(loss.value()),
                loss == null ? null : known(loss.low()), loss == null ? null : known(loss.high()), precision, reason, restored, rows, seconds, biasCorrection,
                equalizedWith);
    }

    private static Double known(double value) {
        return Double.isNaN(value) ? null : value;
    }
}
