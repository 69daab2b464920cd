package io.firesteel.spark.source;

import io.firesteel.FiresteelException;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.ModelTable;
import io.firesteel.spark.catalog.RowsTable;
import io.firesteel.spark.catalog.StoredModel;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Reads a table of the model in a plan file or a model's folder:
 *
 * <pre>
 * spark.read().format("firesteel").option("table", "layers").load("s3a://bucket/models/digits")
 * </pre>
 *
 * <p>The table is one of those a catalog shows below the model; {@code layers} where none is named.
 */
public final class ModelTableSource implements TableProvider, DataSourceRegister {

    private static final String TABLE = "table";
    private static final String DEFAULT_TABLE = "layers";

    @Override
    public String shortName() {
        return "firesteel";
    }

    @Override
    public StructType inferSchema(CaseInsensitiveStringMap options) {
        return table(options).schema();
    }

    @Override
    public Table getTable(StructType schema, Transform[] partitioning, Map<String, String> properties) {
        CaseInsensitiveStringMap options = new CaseInsensitiveStringMap(properties);
        ModelTable table = table(options);
        String path = options.get("path");
        if (path == null) {
            throw FiresteelException.user("SETTING_MISSING", "format(\"firesteel\") needs a path: a plan file or a model's folder");
        }
        StoredModel model = ModelStore.open(new Path(path),
                ((org.apache.spark.sql.classic.SparkSession) SparkSession.active()).sessionState().newHadoopConf());
        return new RowsTable("firesteel." + model.name() + "." + table.name(), table.schema(), table.rows(model));
    }

    private static ModelTable table(CaseInsensitiveStringMap options) {
        String name = options.getOrDefault(TABLE, DEFAULT_TABLE);
        return ModelTable.find(name).orElseThrow(() -> FiresteelException.user("TABLE_UNKNOWN", "models have no table '" + name
                + "'; choose " + ModelTable.all().stream().map(ModelTable::name).collect(Collectors.joining(", "))));
    }
}
