package io.firesteel.spark.catalog;

import io.firesteel.FiresteelException;
import io.firesteel.plan.PlanHeader;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.StructType;

/**
 * {@code CALL models.system.list_models()}: the models with the versions in use; column {@code problem} says why SQL cannot call
 * one, and is null for all others.
 */
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
        return StructType.fromDDL("name STRING NOT NULL, signature STRING, precision STRING, hash STRING, bytes BIGINT, uri STRING,"
                + " problem STRING");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow arguments) {
        return store.names().stream().map(name -> row(store, name)).flatMap(Optional::stream).toList();
    }

    private static Optional<InternalRow> row(ModelStore store, String name) {
        try {
            return store.find(name).map(ListModels::row);
        } catch (FiresteelException e) {
            return Optional.of(Catalyst.row(name, null, null, null, null, null, e.getMessage()));
        }
    }

    private static InternalRow row(StoredModel model) {
        PlanHeader header = model.header();
        String signature;
        String problem = null;
        try {
            signature = model.spec().signature();
        } catch (FiresteelException e) {
            signature = header.signature().toString();
            problem = e.getMessage();
        }
        return Catalyst.row(model.name(), signature, header.precision().label(), model.hash(), header.fileBytes(), model.uri(), problem);
    }
}
