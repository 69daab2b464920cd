package io.firesteel.spark.catalyst;

import io.firesteel.FiresteelException;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** A model as Spark's catalog API knows functions. The session extension replaces its calls; it never computes itself. */
public final class ModelFunction implements ScalarFunction<Object> {

    private final String catalog;
    private final ModelSpec model;
    private final ArgumentBinding binding;
    private final DataType[] arguments;

    private ModelFunction(String catalog, ModelSpec model, ArgumentBinding binding, DataType[] arguments) {
        this.catalog = catalog;
        this.model = model;
        this.binding = binding;
        this.arguments = arguments;
    }

    /** A catalog's function before its arguments are known. */
    public static UnboundFunction unbound(String catalog, ModelSpec model) {
        return new Unbound(catalog, model);
    }

    ModelSpec model() {
        return model;
    }

    ArgumentBinding binding() {
        return binding;
    }

    @Override
    public DataType[] inputTypes() {
        return arguments.clone();
    }

    @Override
    public DataType resultType() {
        return model.resultType();
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public String canonicalName() {
        return catalog + "." + model.name() + "@" + model.hash();
    }

    @Override
    public Object produceResult(InternalRow input) {
        throw FiresteelException.user("EXTENSION_MISSING", "model '" + model.name() + "' is called where Spark computes single values,"
                + " as in VALUES and DEFAULT, or without Firesteel's session extension: call it in a SELECT, and leave"
                + " spark.sql.extensions=io.firesteel.spark.FiresteelExtensions set");
    }

    private record Unbound(String catalog, ModelSpec model) implements UnboundFunction {

        @Override
        public BoundFunction bind(StructType inputType) {
            DataType[] types = Arrays.stream(inputType.fields()).map(StructField::dataType).toArray(DataType[]::new);
            return new ModelFunction(catalog, model, ArgumentBinding.bind(model, Arrays.asList(types)), types);
        }

        @Override
        public String description() {
            return model.name() + " " + model.signature() + ", " + model.precision() + ", plan " + model.hash();
        }

        @Override
        public String name() {
            return model.name();
        }
    }
}
