package io.firesteel.spark.catalog;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.StructType;

/** {@code CALL models.system.list_models()}: the models with the versions in use. */
public final class ListModels implements ModelProcedure {

    @Override
    public String name() {
        return "list_models";
    }

    @Override
    public String description() {
        return "Lists the models with the versions in use";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of();
    }

    @Override
    public StructType result() {
        return StructType.fromDDL("name STRING NOT NULL, signature STRING NOT NULL, precision STRING NOT NULL,"
                + " hash STRING NOT NULL, bytes BIGINT NOT NULL, uri STRING NOT NULL");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow arguments) {
        return store.names().stream().map(store::find).flatMap(Optional::stream)
                .map(model -> Catalyst.row(model.spec().name(), model.spec().signature(), model.spec().precision(),
                        model.spec().hash(), model.header().fileBytes(), model.spec().uri()))
                .toList();
    }
}
