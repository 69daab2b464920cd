package io.firesteel.spark.columnar;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ArgumentBinding;
import io.firesteel.spark.model.ModelSpec;
import io.firesteel.spark.model.TensorSpec;
import io.firesteel.tensor.DataType;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many rows are computed and given at once. */
class InferenceTaskTest {

    private static final List<Integer> BUCKETS = List.of(1, 8, 32, 128, 512);

    private static InferenceTask task(long input, long output, DataType type, int batchSize) {
        ModelSpec model = new ModelSpec("m", "file:/m.plan", "0", "fp32",
                List.of(new TensorSpec("x", DataType.FLOAT32, List.of(input))), List.of(new TensorSpec("y", type, List.of(output))),
                List.of());
        FiresteelConf conf = new FiresteelConf("auto", "plan", batchSize, 0.9, "");
        return new InferenceTask(model, new ArgumentBinding(false, List.of(DataTypes.createArrayType(DataTypes.FloatType))),
                List.of("x"), new int[] {0}, new int[0], new StructType(), conf, null, null);
    }

    @ParameterizedTest
    @CsvSource({"64,10,512", "150528,1000,16", "4,4200000,2", "4,100000000,1", "500000000,1,1"})
    void choosesBySizeOfARow(long input, long output, int rows) {
        InferenceTask task = task(input, output, DataType.FLOAT32, 0);
        assertThat(InferenceTask.batchRows(task.model(), task.conf())).isEqualTo(rows);
    }

    @Test
    void fillsWholeBuckets() {
        InferenceTask task = task(64, 10, DataType.FLOAT32, 0);
        assertThat(task.batchRows(BUCKETS)).isEqualTo(512);
        assertThat(task.batchRows(List.of(1, 8, 32, 128))).isEqualTo(512);
        assertThat(task.batchRows(List.of(1, 100))).isEqualTo(500);
        assertThat(task.batchRows(List.of(7))).isEqualTo(511);
        assertThat(task.batchRows(List.of(1000))).isEqualTo(1000);
        assertThat(task(150528, 1000, DataType.FLOAT32, 0).batchRows(BUCKETS)).isEqualTo(16);
    }

    @Test
    void computesAsManyRowsAsSet() {
        assertThat(task(64, 10, DataType.FLOAT32, 300).batchRows(BUCKETS)).isEqualTo(300);
        assertThat(task(64, 10, DataType.FLOAT32, 4096).batchRows(BUCKETS)).isEqualTo(4096);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32,0", "FLOAT32,4096", "FLOAT16,0", "UINT8,1000000", "BOOL,2000000000"})
    void neverExceedsWhatAVectorHolds(DataType type, int batchSize) {
        for (long output : List.of(1L, 10L, 1000L, 1_053_696L, 50_000_000L)) {
            InferenceTask task = task(16, output, type, batchSize);
            int batch = task.batchRows(BUCKETS);
            int rows = task.outputRows(batch);
            assertThat(rows).isGreaterThanOrEqualTo(batch);
            assertThat(rows % batch).isZero();
            assertThat(rows * output).as("elements").isLessThan(Integer.MAX_VALUE);
            assertThat((long) batch * output * 8).as("bytes of a batch").isLessThan(8L * Integer.MAX_VALUE);
        }
    }

    @Test
    void givesAReadersBatchWholeWhereItsResultsAreSmall() {
        InferenceTask task = task(64, 1000, DataType.FLOAT32, 0);
        assertThat(task.outputRows(task.batchRows(BUCKETS))).isGreaterThanOrEqualTo(4096);
        InferenceTask maps = task(150528, 1_053_696, DataType.FLOAT32, 0);
        assertThat(maps.outputRows(maps.batchRows(BUCKETS))).isLessThan(32);
    }
}
