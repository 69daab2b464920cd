package io.firesteel.calibration.job;

import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.store.CalibrationRequest;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.spark.catalog.Catalyst;
import io.firesteel.spark.catalog.ModelProcedure;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code CALL models.system.calibrate(model => 'resnet50', data => 'SELECT image FROM lake.train', rows => 4096)}: finds the
 * int8 range of every activation on a sample of the query's rows; {@code models.resnet50.calibration} shows it.
 */
public final class Calibrate implements ModelProcedure {

    private static final Logger LOG = LoggerFactory.getLogger(Calibrate.class);

    @Override
    public String name() {
        return "calibrate";
    }

    @Override
    public String description() {
        return "Finds the int8 range of every activation of a model on a sample of a query's rows";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of(ProcedureParameter.in("model", DataTypes.StringType).comment("the model's name").build(),
                ProcedureParameter.in("data", DataTypes.StringType)
                        .comment("a SELECT whose columns are the model's inputs").build(),
                ProcedureParameter.in("rows", DataTypes.IntegerType).comment("rows of the sample")
                        .defaultValue(Integer.toString(CalibrationRequest.DEFAULT_ROWS)).build(),
                ProcedureParameter.in("method", DataTypes.StringType)
                        .comment("min-max, percentile, mse, entropy, or auto: the better of the last two for each tensor")
                        .defaultValue("'" + CalibrationRequest.DEFAULT_METHOD + "'").build(),
                ProcedureParameter.in("percentile", DataTypes.DoubleType).comment("of the method percentile, from 50 to 100")
                        .defaultValue(CalibrationRequest.DEFAULT_PERCENTILE + "D").build(),
                ProcedureParameter.in("stratify", DataTypes.StringType)
                        .comment("a further column of data, of whose values the sample has equally many rows")
                        .defaultValue("CAST(NULL AS STRING)").build(),
                ProcedureParameter.in("max_clipped", DataTypes.DoubleType)
                        .comment("share of a tensor's elements that may be clipped without a warning")
                        .defaultValue(CalibrationRequest.DEFAULT_MOST_CLIPPED + "D").build(),
                ProcedureParameter.in("equalize", DataTypes.StringType)
                        .comment("a model to make first, whose channels between layers have equal ranges, and to calibrate in this one's place")
                        .defaultValue("CAST(NULL AS STRING)").build(),
                ProcedureParameter.in("batch", DataTypes.IntegerType).comment("rows computed at once")
                        .defaultValue(Integer.toString(ObserveOptions.DEFAULT.batchRows())).build());
    }

    @Override
    public StructType result() {
        return StructType.fromDDL("model STRING NOT NULL, hash STRING NOT NULL, rows BIGINT NOT NULL, skipped BIGINT NOT NULL,"
                + " tensors INT NOT NULL, chunks INT NOT NULL, reused INT NOT NULL, warnings ARRAY<STRING> NOT NULL,"
                + " uri STRING NOT NULL, equalized_pairs INT");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow values) {
        Arguments arguments = new Arguments(parameters(), values);
        ObserveOptions observe = new ObserveOptions(arguments.number("batch"), ObserveOptions.DEFAULT.bins(),
                ObserveOptions.DEFAULT.stride(), ObserveOptions.DEFAULT.strideFrom());
        CalibrationRequest request = new CalibrationRequest(arguments.number("rows"), arguments.text("method"),
                arguments.real("percentile"), arguments.real("max_clipped"), observe);
        CalibratedModel calibrated = CalibratedModel.of(store, Arguments.model(store, arguments.text("model")),
                Optional.ofNullable(arguments.optional("equalize")));
        StoredModel model = calibrated.stored();
        CalibrationJob.Result result = new CalibrationJob(SparkSession.active(), model.spec(), store.configuration(), request, LOG::info)
                .run(arguments.text("data"), arguments.optional("stratify"));
        CalibrationTable table = result.table();
        return List.of(Catalyst.row(model.name(), model.hash(), table.histograms().rows(),
                table.histograms().skippedRows(), table.histograms().tensors().size(), result.chunks(), result.reused(),
                request.warnings(table), result.uri(), calibrated.pairs()));
    }
}
