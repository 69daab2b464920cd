package io.firesteel.spark.catalog;

import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.BoundProcedure;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.connector.catalog.procedures.UnboundProcedure;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.types.StructType;

/**
 * A procedure of ours as Spark knows procedures.
 *
 * @param procedure the procedure
 * @param store the catalog's models
 */
public record ProcedureAdapter(ModelProcedure procedure, ModelStore store) implements UnboundProcedure, BoundProcedure {

    @Override
    public String name() {
        return procedure.name();
    }

    @Override
    public String description() {
        return procedure.description();
    }

    @Override
    public BoundProcedure bind(StructType inputType) {
        return this;
    }

    @Override
    public ProcedureParameter[] parameters() {
        return procedure.parameters().toArray(ProcedureParameter[]::new);
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }

    @Override
    public Iterator<Scan> call(InternalRow input) {
        List<InternalRow> rows = procedure.call(store, input);
        Scan scan = new RowsTable.Rows(procedure.name(), procedure.result(), rows.toArray(InternalRow[]::new));
        return List.of(scan).iterator();
    }
}
