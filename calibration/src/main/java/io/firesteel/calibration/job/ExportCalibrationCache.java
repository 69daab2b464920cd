package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.cache.CacheHeader;
import io.firesteel.calibration.cache.CalibrationCache;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.store.FileSystems;
import io.firesteel.spark.catalog.Catalyst;
import io.firesteel.spark.catalog.ModelProcedure;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** {@code CALL models.system.export_calibration_cache(model => 'resnet50', cache => '/data/resnet50.cache')}. */
public final class ExportCalibrationCache implements ModelProcedure {

    @Override
    public String name() {
        return "export_calibration_cache";
    }

    @Override
    public String description() {
        return "Writes a model's calibration as a TensorRT calibration cache";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of(ProcedureParameter.in("model", DataTypes.StringType).comment("the model's name").build(),
                ProcedureParameter.in("cache", DataTypes.StringType).comment("the file, on any Hadoop file system").build(),
                ProcedureParameter.in("header", DataTypes.StringType).comment("the cache's first line")
                        .defaultValue("'" + CacheHeader.DEFAULT.line() + "'").build());
    }

    @Override
    public StructType result() {
        return StructType.fromDDL("model STRING NOT NULL, tensors INT NOT NULL, cache STRING NOT NULL");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow values) {
        Arguments arguments = new Arguments(parameters(), values);
        String model = arguments.text("model");
        StoredModel stored = Arguments.model(store, model);
        CalibrationCache.requireOriginal(stored.plan());
        CalibrationTable table = Arguments.table(stored);
        Path file = new Path(arguments.text("cache"));
        byte[] cache = CalibrationCache.ofThresholds(CacheHeader.parse(arguments.text("header")), table.thresholds()).toBytes();
        try (FSDataOutputStream out = FileSystems.of(file, store.configuration()).create(file, true)) {
            out.write(cache);
        } catch (IOException e) {
            throw new FiresteelException("OUTPUT_UNWRITABLE", FiresteelException.Kind.USER, null,
                    file + " cannot be written: " + e.getMessage(), e);
        }
        return List.of(Catalyst.row(model, table.thresholds().size(), file.toString()));
    }
}
