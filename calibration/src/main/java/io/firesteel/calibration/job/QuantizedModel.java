package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.Part;
import io.firesteel.calibration.sensitivity.Quantization;
import io.firesteel.calibration.sensitivity.SearchStep;
import io.firesteel.calibration.sensitivity.SensitivityTable;
import io.firesteel.calibration.store.SensitivityFile;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.StructType;

/**
 * A quantized model in a catalog, with its table beside it.
 *
 * @param source the model it was made from
 * @param stored the int8 model
 * @param result what the job gave
 */
record QuantizedModel(StoredModel source, StoredModel stored, QuantizationJob.Result result) {

    static final StructType SCHEMA = StructType.fromDDL("model STRING NOT NULL, name STRING NOT NULL, hash STRING NOT NULL, metric STRING,"
            + " fp32 DOUBLE, int8 DOUBLE, loss DOUBLE, loss_low DOUBLE, loss_high DOUBLE, max_loss DOUBLE, selection_rows BIGINT NOT NULL,"
            + " test_rows BIGINT NOT NULL, skipped BIGINT NOT NULL, int8_layers BIGINT NOT NULL, layers BIGINT NOT NULL, bytes BIGINT NOT NULL,"
            + " fp32_bytes BIGINT NOT NULL, jobs BIGINT NOT NULL, seconds DOUBLE NOT NULL, summary STRING NOT NULL, uri STRING NOT NULL");

    /** Makes a quantized plan the version in use of a model. */
    static QuantizedModel publish(ModelStore store, StoredModel source, String name, QuantizationJob.Result result) {
        StoredModel stored = store.publish(name, result.quantization().plan());
        new SensitivityFile(stored.uri(), store.configuration()).write(result.quantization().table());
        return new QuantizedModel(source, stored, result);
    }

    /** The values of {@link #SCHEMA}. */
    List<Object> row() {
        Quantization quantization = result.quantization();
        SensitivityTable table = quantization.table();
        SearchStep proved = quantization.proved().orElse(null);
        long selection = table.steps().stream().filter(step -> step.part() == Part.SELECTION).mapToLong(SearchStep::rows).findFirst().orElse(0);
        return Arrays.asList(source.name(), stored.name(), stored.hash(), proved == null ? null : table.metric(),
                proved == null ? null : proved.reference(), proved == null ? null : proved.candidate(),
                proved == null ? null : proved.loss().value(), proved == null ? null : proved.loss().low(),
                proved == null ? null : proved.loss().high(), Double.isNaN(table.bound()) ? null : table.bound(), selection,
                proved == null ? 0L : proved.rows(), result.skipped(), table.int8Layers(), (long) table.layers().size(),
                stored.header().fileBytes(), source.header().fileBytes(), table.jobs(), table.seconds(), quantization.summary(),
                stored.uri());
    }

    /** One line for people. */
    String text() {
        return stored.uri() + ": " + result.quantization().summary() + "; " + stored.header().fileBytes() + " of "
                + source.header().fileBytes() + " bytes" + (result.skipped() == 0 ? "" : "; " + result.skippedText());
    }
}
