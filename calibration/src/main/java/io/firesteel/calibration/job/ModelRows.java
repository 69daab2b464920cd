package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;

/**
 * The rows of a query as the inputs of a model.
 *
 * @param rows a column of text, where one was asked for, and the arguments
 * @param layout how they carry the inputs
 */
record ModelRows(JavaRDD<InternalRow> rows, RowTensors.Layout layout) {

    private static final String QUERY = "(?is)\\s*[(]*\\s*(select|with|table|from|values)\\b.*";

    /**
     * The rows of a query that a user gave.
     *
     * @param parameter by which
     */
    static Dataset<Row> query(SparkSession session, String query, String parameter) {
        if (!query.matches(QUERY)) {
            throw FiresteelException.user("CALIBRATION_DATA", parameter + " must be a query that begins with SELECT, WITH, TABLE, FROM"
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
    static ModelRows of(Dataset<Row> data, ModelSpec model, List<String> columns, String text) {
        ArgumentBinding binding = bind(data, model, columns);
        List<Column> selected = new ArrayList<>();
        if (text != null) {
            selected.add(column(data, text).cast("string"));
        }
        for (int i = 0; i < columns.size(); i++) {
            selected.add(column(data, columns.get(i)).cast(binding.types().get(i)));
        }
        JavaRDD<InternalRow> rows = ((org.apache.spark.sql.classic.Dataset<Row>) data.select(selected.toArray(Column[]::new)))
                .queryExecution().toRdd().toJavaRDD();
        return new ModelRows(rows, new RowTensors.Layout(model, binding, columns, text == null ? 0 : 1));
    }

    private static ArgumentBinding bind(Dataset<Row> data, ModelSpec model, List<String> columns) {
        List<DataType> types = columns.stream().map(name -> data.schema().apply(name).dataType()).toList();
        try {
            return ArgumentBinding.bind(model, types);
        } catch (UnsupportedOperationException e) {
            throw FiresteelException.user("CALIBRATION_DATA", "the data's columns " + String.join(", ", columns) + " do not fit: "
                    + e.getMessage());
        }
    }

    static Column column(Dataset<Row> data, String name) {
        return data.col("`" + name.replace("`", "``") + "`");
    }

    /** The session's settings. */
    static FiresteelConf settings(SparkSession session) {
        return FiresteelConf.from(key -> ((org.apache.spark.sql.classic.SparkSession) session).sessionState().conf().getConfString(key, null));
    }

    /** Our own error, however deep Spark has wrapped it. */
    static RuntimeException mended(Exception error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof FiresteelException known) {
                return known;
            }
        }
        if (error instanceof AnalysisException) {
            return new FiresteelException("CALIBRATION_DATA", FiresteelException.Kind.USER, null,
                    "the data's query is not valid: " + error.getMessage(), error);
        }
        return error instanceof RuntimeException known ? known : new IllegalStateException(error);
    }
}
