package io.firesteel.spark.testing;

import com.holdenkarau.spark.testing.JavaDataFrameSuiteBase;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Spark Testing Base's comparison of data frames, over a session that is there already. */
public final class FrameComparison extends JavaDataFrameSuiteBase {

    private final transient SparkSession session;

    public FrameComparison(SparkSession session) {
        this.session = session;
    }

    @Override
    public SparkSession spark() {
        return session;
    }

    /** Fails where the rows differ, whatever their order. */
    public void assertSameRows(Dataset<Row> expected, Dataset<Row> actual) {
        assertDataFrameNoOrderEquals(expected, actual);
    }
}
