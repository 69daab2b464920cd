package io.firesteel.spark.catalog;

import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** {@code CALL models.system.drop_model(name => 'digits')}: deletes a model with all its versions. */
public final class DropModel implements ModelProcedure {

    @Override
    public String name() {
        return "drop_model";
    }

    @Override
    public String description() {
        return "Deletes a model with all its versions";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of(ProcedureParameter.in("name", DataTypes.StringType).comment("the model's name in SQL").build());
    }

    @Override
    public StructType result() {
        return StructType.fromDDL("name STRING NOT NULL, dropped BOOLEAN NOT NULL");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow arguments) {
        String name = ImportModel.text(arguments, 0, "name");
        return List.of(Catalyst.row(name, store.drop(name)));
    }
}
