package io.firesteel.spark.catalog;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.LocalScan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A small table whose rows the driver holds. */
public final class RowsTable implements SupportsRead {

    private final String name;
    private final StructType schema;
    private final List<InternalRow> rows;

    /**
     * @param name shown in plans
     * @param schema the columns
     * @param rows the rows, in Catalyst's representation
     */
    public RowsTable(String name, StructType schema, List<InternalRow> rows) {
        this.name = name;
        this.schema = schema;
        this.rows = List.copyOf(rows);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Column[] columns() {
        return Arrays.stream(schema.fields()).map(field -> Column.create(field.name(), field.dataType(), field.nullable()))
                .toArray(Column[]::new);
    }

    @Override
    public Set<TableCapability> capabilities() {
        return Set.of(TableCapability.BATCH_READ);
    }

    @Override
    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
        return () -> new Rows(name, schema, rows.toArray(InternalRow[]::new));
    }

    /** Rows as a scan that needs no task. */
    record Rows(String name, StructType readSchema, InternalRow[] rows) implements LocalScan {

        @Override
        public String description() {
            return name;
        }
    }
}
