package io.firesteel.spark.catalog;

import io.firesteel.FiresteelException;
import io.firesteel.engine.Fp16Range;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.spark.columnar.InputStaging;
import io.firesteel.spark.model.ModelSpec;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.util.ArrowUtils;

/** Finds the layers of a plan that fp16 cannot hold in the rows of a query, which come to the driver one batch after the other. */
final class RangeSample {

    private RangeSample() { }

    /**
     * The plan with the layers that were found.
     *
     * @param query a SELECT whose columns are the model's inputs; rows with a null are left out
     * @throws FiresteelException where the plan is not in fp16, or the query does not give such rows
     */
    static Plan find(Plan plan, String query) {
        if (plan.precision() != Precision.FP16) {
            throw FiresteelException.user("ARGUMENT_INVALID", "a sample is for plans in fp16: add precision => 'fp16'");
        }
        ModelSpec model = ModelSpec.of(plan.name(), plan);
        SparkSession session = SparkSession.active();
        try {
            Dataset<Row> data = BoundRows.query(session, query, "sample");
            return find(plan, model, data, List.of(data.columns()));
        } catch (FiresteelException e) {
            throw e;
        } catch (Exception e) {
            throw e instanceof AnalysisException ? new FiresteelException(BoundRows.UNSUITABLE, FiresteelException.Kind.USER, null,
                    "the sample's query is not valid: " + e.getMessage(), e) : e instanceof RuntimeException known ? known
                    : new IllegalStateException(e);
        }
    }

    private static Plan find(Plan plan, ModelSpec model, Dataset<Row> data, List<String> columns) {
        BoundRows bound = BoundRows.of(data, model, columns, null);
        Iterator<InternalRow> rows = bound.rows().map(InternalRow::copy).toLocalIterator();
        int[] ordinals = IntStream.range(0, columns.size()).toArray();
        long seen = 0;
        try (Fp16Range range = new Fp16Range(plan);
                BufferAllocator allocator = ArrowUtils.rootAllocator().newChildAllocator("firesteel-sample", 0, Long.MAX_VALUE);
                InputStaging staging = new InputStaging(model, bound.binding(), columns, ordinals, range.batchRows(), allocator)) {
            while (rows.hasNext()) {
                InternalRow row = rows.next();
                if (IntStream.of(ordinals).noneMatch(row::isNullAt)) {
                    staging.append(row);
                    seen++;
                }
                if (staging.rows() == staging.capacity() || staging.rows() > 0 && !rows.hasNext()) {
                    range.observe(staging.rows(), staging.buffers());
                    staging.clear();
                }
            }
            if (seen == 0) {
                throw FiresteelException.user(BoundRows.UNSUITABLE, "the sample has no row without a null: " + String.join(", ", columns));
            }
            return range.result();
        }
    }
}
