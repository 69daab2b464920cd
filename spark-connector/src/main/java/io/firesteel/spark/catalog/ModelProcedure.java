package io.firesteel.spark.catalog;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.StructType;

/**
 * A procedure of the catalog, called as {@code CALL catalog.system.NAME(...)}. Implementations are found through
 * {@link ServiceLoader}.
 */
public interface ModelProcedure {

    /** The procedure's name. */
    String name();

    /** What it does, in one sentence. */
    String description();

    /** Its parameters, in order. */
    List<ProcedureParameter> parameters();

    /** The columns of what it returns. */
    StructType result();

    /**
     * Runs it.
     *
     * @param store the catalog's models
     * @param arguments one value for each parameter, in Catalyst's representation
     * @return the rows it returns, in Catalyst's representation
     */
    List<InternalRow> call(ModelStore store, InternalRow arguments);

    /** The procedures there are. */
    static List<ModelProcedure> all() {
        return ServiceLoader.load(ModelProcedure.class, ModelProcedure.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get).toList();
    }

    /** The procedure of that name. */
    static Optional<ModelProcedure> find(String name) {
        return all().stream().filter(procedure -> procedure.name().equalsIgnoreCase(name)).findFirst();
    }
}
