package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.sample.ContentHash;
import io.firesteel.calibration.sample.Sample;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.CalibrationRequest;
import io.firesteel.calibration.store.Chunks;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.spark.catalog.BoundRows;
import io.firesteel.spark.conf.FiresteelConf;
import io.firesteel.spark.model.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Calibrates a model on the rows of a query: reads the data once to find the sample, a second time to compute the chunks that
 * no earlier run has finished. The result does not depend on partitions, order or retries.
 */
public final class CalibrationJob {

    private static final int MOST_STRATA = 10_000;

    private final SparkSession session;
    private final ModelSpec model;
    private final Configuration hadoop;
    private final CalibrationRequest request;
    private final Consumer<String> progress;

    /**
     * What a run gave.
     *
     * @param table the calibration, which is stored beside the plan
     * @param chunks chunks of the sample
     * @param reused chunks that an earlier run had finished
     * @param uri where it is stored
     */
    public record Result(CalibrationTable table, int chunks, int reused, String uri) { }

    /**
     * @param hadoop finds the plan's file system
     * @param progress takes one line now and then
     */
    public CalibrationJob(SparkSession session, ModelSpec model, Configuration hadoop, CalibrationRequest request,
            Consumer<String> progress) {
        this.session = session;
        this.model = model;
        this.hadoop = hadoop;
        this.request = request;
        this.progress = progress;
    }

    /**
     * Calibrates.
     *
     * @param query a SELECT whose columns are the model's inputs, as they would be the arguments of its function
     * @param stratify a further column of the query, of whose values the sample has equally many rows, or null
     * @throws FiresteelException naming the column, where query and model do not fit together
     */
    public Result run(String query, String stratify) {
        try {
            return run(BoundRows.query(session, query, "data"), stratify);
        } catch (Exception e) {
            throw ModelRows.mended(e);
        }
    }

    /** Calibrates on a data frame; see {@link #run(String, String)}. */
    public Result run(Dataset<Row> data, String stratify) {
        try {
            return calibrate(data, stratify);
        } catch (Exception e) {
            throw ModelRows.mended(e);
        }
    }

    private Result calibrate(Dataset<Row> data, String stratify) {
        List<String> columns = new ArrayList<>(Arrays.asList(data.columns()));
        if (stratify != null && !columns.removeIf(stratify::equalsIgnoreCase)) {
            throw FiresteelException.user("CALIBRATION_DATA", "the data has no column '" + stratify + "' to stratify by; it has "
                    + String.join(", ", columns));
        }
        ModelRows read = ModelRows.of(data, model, columns, stratify);
        RowTensors.Layout layout = read.layout();
        JavaRDD<InternalRow> rows = read.rows();
        Map<String, Integer> quotas = stratify == null ? Map.of(SampledRows.ALL, request.rows()) : quotas(data, stratify, columns);
        SampledRows sampled = sample(rows, layout, quotas);
        Sample sample = sampled.sample();
        FiresteelConf conf = ModelRows.settings(session);
        CalibrationFolder folder = CalibrationFolder.of(model.uri(), hadoop);
        Chunks chunks = new Chunks(folder, model.hash(), conf.device(), request, sample);
        if (!chunks.pending().isEmpty()) {
            observe(rows, layout, sample, chunks, conf);
        }
        CalibrationTable table = chunks.finish(sampled.skipped());
        return new Result(table, chunks.reused() + chunks.pending().size(), chunks.reused(), folder.uri());
    }

    private Map<String, Integer> quotas(Dataset<Row> data, String stratify, List<String> columns) {
        Column present = columns.stream().map(name -> BoundRows.column(data, name).isNotNull()).reduce(Column::and).orElseThrow();
        Column stratum = BoundRows.column(data, stratify).cast("string");
        List<Row> counts = data.filter(present)
                .groupBy(functions.when(stratum.isNull(), "NULL").otherwise(functions.concat(functions.lit("'"), stratum, functions.lit("'"))))
                .count().takeAsList(MOST_STRATA + 1);
        if (counts.size() > MOST_STRATA) {
            throw FiresteelException.user("CALIBRATION_DATA", "column '" + stratify + "' has more than " + MOST_STRATA
                    + " values: stratify by one with fewer");
        }
        Map<String, Long> available = new HashMap<>();
        counts.forEach(row -> available.put(row.getString(0), row.getLong(1)));
        return new HashMap<>(Sample.quotas(request.rows(), available));
    }

    private SampledRows sample(JavaRDD<InternalRow> rows, RowTensors.Layout layout, Map<String, Integer> quotas) {
        if (rows.getNumPartitions() == 0) {
            return new SampledRows();
        }
        return Progress.during(session.sparkContext(), "choosing rows for " + model.name(), progress, () ->
                rows.mapPartitions(part -> List.of(SampledRows.of(part, layout, quotas)).iterator()).treeReduce(SampledRows::merge));
    }

    private void observe(JavaRDD<InternalRow> rows, RowTensors.Layout layout, Sample sample, Chunks chunks, FiresteelConf conf) {
        List<Integer> pending = chunks.pending();
        JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
        Broadcast<List<SortedMap<ContentHash, Integer>>> all = context.broadcast(sample.chunks());
        ChunkTask task = new ChunkTask(model, conf, request.observe(), pending, pending.stream().map(chunks::key).toList(), all,
                new SerializableConfiguration(hadoop));
        try (RowExchange exchange = new RowExchange(session, layout, pending.stream().map(chunk -> sample.chunks().get(chunk).keySet()).toList())) {
            JavaRDD<ChosenRow> sorted = exchange.carry(rows, null);
            Progress.during(session.sparkContext(), "calibrating " + model.name(), progress, () -> {
                sorted.foreachPartition(task::run);
                return null;
            });
        } finally {
            all.destroy();
        }
    }
}
