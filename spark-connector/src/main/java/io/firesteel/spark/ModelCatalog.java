package io.firesteel.spark;

import io.firesteel.FiresteelException;
import io.firesteel.spark.catalog.ModelProcedure;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.ModelTable;
import io.firesteel.spark.catalog.ProcedureAdapter;
import io.firesteel.spark.catalog.RowsTable;
import io.firesteel.spark.catalog.StoredModels;
import io.firesteel.spark.catalyst.ModelFunction;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.NamespaceChange;
import org.apache.spark.sql.connector.catalog.ProcedureCatalog;
import org.apache.spark.sql.connector.catalog.SupportsNamespaces;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableCatalogCapability;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.connector.catalog.procedures.UnboundProcedure;
import org.apache.spark.sql.internal.SessionState;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The models below a path, in SQL:
 *
 * <pre>
 * spark.sql.catalog.models        io.firesteel.spark.ModelCatalog
 * spark.sql.catalog.models.path   s3a://bucket/models
 *
 * SELECT models.digits(pixels) FROM images
 * SELECT * FROM models.digits.layers
 * CALL models.system.import_model(name =&gt; 'digits', onnx =&gt; '/data/digits.onnx', precision =&gt; 'fp32')
 * </pre>
 *
 * <p>A query uses the version that is in use when it is analysed, on all executors and in all retries.
 */
public class ModelCatalog implements StoredModels, FunctionCatalog, TableCatalog, ProcedureCatalog, SupportsNamespaces {

    private static final String SYSTEM = "system";

    private String name;
    private ModelStore store;

    @Override
    public void initialize(String catalogName, CaseInsensitiveStringMap options) {
        name = catalogName;
        String path = options.get("path");
        if (path == null || path.isBlank()) {
            throw FiresteelException.user("SETTING_MISSING", "spark.sql.catalog." + catalogName + ".path is not set; set it to"
                    + " the folder that holds the models, on any Hadoop file system");
        }
        SessionState session = ((org.apache.spark.sql.classic.SparkSession) SparkSession.active()).sessionState();
        store = new ModelStore(new Path(path), session::newHadoopConf);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ModelStore store() {
        return store;
    }

    @Override
    public String[] defaultNamespace() {
        return new String[0];
    }

    @Override
    public Identifier[] listFunctions(String[] namespace) throws NoSuchNamespaceException {
        if (namespace.length > 0) {
            throw new NoSuchNamespaceException(qualified(namespace));
        }
        return store.names().stream().map(model -> Identifier.of(namespace, model)).toArray(Identifier[]::new);
    }

    @Override
    public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
        if (identifier.namespace().length > 0) {
            throw new NoSuchFunctionException(identifier);
        }
        return store.find(identifier.name()).map(model -> ModelFunction.unbound(name, model.spec()))
                .orElseThrow(() -> new NoSuchFunctionException(identifier));
    }

    @Override
    public Set<TableCatalogCapability> capabilities() {
        return Set.of();
    }

    @Override
    public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
        if (namespace.length == 0 || isSystem(namespace)) {
            return new Identifier[0];
        }
        requireNamespace(namespace);
        return ModelTable.all().stream().map(table -> Identifier.of(namespace, table.name())).toArray(Identifier[]::new);
    }

    @Override
    public Table loadTable(Identifier identifier) throws NoSuchTableException {
        if (identifier.namespace().length != 1) {
            throw new NoSuchTableException(identifier);
        }
        ModelTable table = ModelTable.find(identifier.name()).orElseThrow(() -> new NoSuchTableException(identifier));
        return store.find(identifier.namespace()[0])
                .map(model -> new RowsTable(name + "." + model.name() + "." + table.name(), table.schema(),
                        table.rows(model)))
                .orElseThrow(() -> new NoSuchTableException(identifier));
    }

    @Override
    public Table createTable(Identifier identifier, TableInfo table) {
        throw readOnly(identifier.toString());
    }

    @Override
    public Table alterTable(Identifier identifier, TableChange... changes) {
        throw readOnly(identifier.toString());
    }

    @Override
    public boolean dropTable(Identifier identifier) {
        throw readOnly(identifier.toString());
    }

    @Override
    public void renameTable(Identifier from, Identifier to) {
        throw readOnly(from.toString());
    }

    @Override
    public Identifier[] listProcedures(String[] namespace) {
        if (!isSystem(namespace)) {
            return new Identifier[0];
        }
        return ModelProcedure.all().stream().map(procedure -> Identifier.of(namespace, procedure.name()))
                .toArray(Identifier[]::new);
    }

    @Override
    public UnboundProcedure loadProcedure(Identifier identifier) {
        if (isSystem(identifier.namespace())) {
            ModelProcedure procedure = ModelProcedure.find(identifier.name()).orElse(null);
            if (procedure != null) {
                return new ProcedureAdapter(procedure, store);
            }
        }
        throw FiresteelException.user("PROCEDURE_NOT_FOUND", "there is no procedure " + name + "." + identifier
                + "; SHOW PROCEDURES IN " + name + "." + SYSTEM + " lists them");
    }

    @Override
    public String[][] listNamespaces() {
        return Stream.concat(Stream.of(SYSTEM), store.names().stream()).map(one -> new String[] {one})
                .toArray(String[][]::new);
    }

    @Override
    public String[][] listNamespaces(String[] namespace) throws NoSuchNamespaceException {
        if (namespace.length == 0) {
            return listNamespaces();
        }
        requireNamespace(namespace);
        return new String[0][];
    }

    @Override
    public boolean namespaceExists(String[] namespace) {
        return namespace.length == 0 || isSystem(namespace) || namespace.length == 1 && store.find(namespace[0]).isPresent();
    }

    @Override
    public Map<String, String> loadNamespaceMetadata(String[] namespace) throws NoSuchNamespaceException {
        requireNamespace(namespace);
        return Map.of(SupportsNamespaces.PROP_LOCATION, store.root().toString());
    }

    @Override
    public void createNamespace(String[] namespace, Map<String, String> metadata) {
        throw readOnly(String.join(".", namespace));
    }

    @Override
    public void alterNamespace(String[] namespace, NamespaceChange... changes) {
        throw readOnly(String.join(".", namespace));
    }

    @Override
    public boolean dropNamespace(String[] namespace, boolean cascade) {
        throw readOnly(String.join(".", namespace));
    }

    private void requireNamespace(String[] namespace) throws NoSuchNamespaceException {
        if (!namespaceExists(namespace)) {
            throw new NoSuchNamespaceException(qualified(namespace));
        }
    }

    private String[] qualified(String[] namespace) {
        List<String> parts = Stream.concat(Stream.of(name), Arrays.stream(namespace)).toList();
        return parts.toArray(String[]::new);
    }

    private static boolean isSystem(String[] namespace) {
        return namespace.length == 1 && namespace[0].equalsIgnoreCase(SYSTEM);
    }

    private FiresteelException readOnly(String what) {
        return FiresteelException.user("CATALOG_READ_ONLY", name + "." + what + " cannot be changed by SQL statements; use CALL "
                + name + "." + SYSTEM + ".import_model and drop_model");
    }
}
