package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.cache.CalibrationCache;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.FileSystems;
import io.firesteel.calibration.store.ImportedCache;
import io.firesteel.spark.catalog.Catalyst;
import io.firesteel.spark.catalog.ModelProcedure;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** {@code CALL models.system.import_calibration_cache(model => 'resnet50', cache => '/data/resnet50.cache')}. */
public final class ImportCalibrationCache implements ModelProcedure {

    private static final int LONGEST = 64 << 20;

    @Override
    public String name() {
        return "import_calibration_cache";
    }

    @Override
    public String description() {
        return "Makes a TensorRT calibration cache a model's calibration";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of(ProcedureParameter.in("model", DataTypes.StringType).comment("the model's name").build(),
                ProcedureParameter.in("cache", DataTypes.StringType).comment("the file, on any Hadoop file system").build());
    }

    @Override
    public StructType result() {
        return StructType.fromDDL("model STRING NOT NULL, tensors INT NOT NULL, warnings ARRAY<STRING> NOT NULL, uri STRING NOT NULL");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow values) {
        Arguments arguments = new Arguments(parameters(), values);
        StoredModel model = Arguments.model(store, arguments.text("model"));
        Path file = new Path(arguments.text("cache"));
        CalibrationCache cache;
        try (FSDataInputStream in = FileSystems.of(file, store.configuration()).open(file)) {
            cache = CalibrationCache.fromBytes(in.readNBytes(LONGEST));
        } catch (IOException e) {
            throw new FiresteelException("CALIBRATION_CACHE", FiresteelException.Kind.USER, null,
                    file + " cannot be read: " + e.getMessage(), e);
        }
        CalibrationFolder folder = CalibrationFolder.of(model.uri(), store.configuration());
        ImportedCache imported = ImportedCache.of(cache, model.plan());
        folder.write(imported.table());
        return List.of(Catalyst.row(model.name(), imported.table().tensors().size(), imported.warnings(), folder.uri()));
    }
}
