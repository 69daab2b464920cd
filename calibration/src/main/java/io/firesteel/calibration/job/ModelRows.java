package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.spark.catalog.BoundRows;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * The rows of a query as the inputs of a model.
 *
 * @param rows a column of text, where one was asked for, and the arguments
 * @param layout how they carry the inputs
 */
record ModelRows(JavaRDD<InternalRow> rows, RowTensors.Layout layout) {

    /**
     * Reads columns as the arguments of a model.
     *
     * @param columns those of the arguments
     * @param text a further column that comes first, as text, or null
     */
    static ModelRows of(Dataset<Row> data, ModelSpec model, List<String> columns, String text) {
        BoundRows bound = BoundRows.of(data, model, columns, text);
        return new ModelRows(bound.rows(), new RowTensors.Layout(model, bound.binding(), columns, text == null ? 0 : 1));
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
            return new FiresteelException(BoundRows.UNSUITABLE, FiresteelException.Kind.USER, null,
                    "the data's query is not valid: " + error.getMessage(), error);
        }
        return error instanceof RuntimeException known ? known : new IllegalStateException(error);
    }
}
