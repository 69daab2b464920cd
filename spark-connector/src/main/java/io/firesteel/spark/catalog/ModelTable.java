package io.firesteel.spark.catalog;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/**
 * A table that every model has, read as {@code catalog.model.table}. Implementations are found through
 * {@link ServiceLoader}.
 */
public interface ModelTable {

    /** The table's name. */
    String name();

    /** Its columns. */
    StructType schema();

    /** Its rows for one model, in Catalyst's representation. */
    List<InternalRow> rows(StoredModel model);

    /** The tables there are. */
    static List<ModelTable> all() {
        return ServiceLoader.load(ModelTable.class, ModelTable.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get).toList();
    }

    /** The table of that name. */
    static Optional<ModelTable> find(String name) {
        return all().stream().filter(table -> table.name().equalsIgnoreCase(name)).findFirst();
    }
}
