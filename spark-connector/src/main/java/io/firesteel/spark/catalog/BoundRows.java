package io.firesteel.spark.catalog;

import io.firesteel.FiresteelException;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;

/**
 * The rows of a query as arguments of a model.
 *
 * @param rows a column of text, where one was asked for, and the arguments, of the binding's types
 * @param binding how the arguments bind
 */
public record BoundRows(JavaRDD<InternalRow> rows, ArgumentBinding binding) {

    /** Code of the error where a query's text or columns are not what a model can be given. */
    public static final String UNSUITABLE = "CALIBRATION_DATA";

    private static final String QUERY = "(?is)\\s*[(]*\\s*(select|with|table|from|values)\\b.*";

    /**
     * The rows of a query that a user gave.
     *
     * @param parameter by which
     */
    public static Dataset<Row> query(SparkSession session, String query, String parameter) {
        if (!query.matches(QUERY)) {
            throw FiresteelException.user(UNSUITABLE, parameter + " must be a query that begins with SELECT, WITH, TABLE, FROM"
                    + " or VALUES; it is: " + query);
        }
        return session.sql(query);
    }

    /**
     * Reads columns as the arguments of a model.
     *
     * @param columns those of the arguments
     * @param text a further column that comes first, as text, or null
     */
    public static BoundRows of(Dataset<Row> data, ModelSpec model, List<String> columns, String text) {
        ArgumentBinding binding = bind(data, model, columns);
        List<Column> selected = new ArrayList<>();
        if (text != null) {
            selected.add(column(data, text).cast("string"));
        }
        for (int i = 0; i < columns.size(); i++) {
            selected.add(column(data, columns.get(i)).cast(binding.types().get(i)));
        }
        return new BoundRows(((org.apache.spark.sql.classic.Dataset<Row>) data.select(selected.toArray(Column[]::new)))
                .queryExecution().toRdd().toJavaRDD(), binding);
    }

    private static ArgumentBinding bind(Dataset<Row> data, ModelSpec model, List<String> columns) {
        List<DataType> types = columns.stream().map(name -> data.schema().apply(name).dataType()).toList();
        try {
            return ArgumentBinding.bind(model, types);
        } catch (UnsupportedOperationException e) {
            throw FiresteelException.user(UNSUITABLE, "the data's columns " + String.join(", ", columns) + " do not fit: "
                    + e.getMessage() + "; select the columns of its inputs alone");
        }
    }

    /** A column by its name, whatever characters that has. */
    public static Column column(Dataset<Row> data, String name) {
        return data.col("`" + name.replace("`", "``") + "`");
    }
}
