package io.firesteel.calibration.job;

import io.firesteel.FiresteelException;
import io.firesteel.calibration.sensitivity.ClassLabels;
import io.firesteel.calibration.sensitivity.Quantization;
import io.firesteel.calibration.sensitivity.QuantizationRequest;
import io.firesteel.calibration.sensitivity.QuantizedPlans;
import io.firesteel.calibration.sensitivity.ScoredOutputs;
import io.firesteel.calibration.sensitivity.ValidationPlaces;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.MeasuredNetworks;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.table.QuantizerInput;
import io.firesteel.plan.Plan;
import io.firesteel.spark.catalog.BoundRows;
import io.firesteel.spark.catalog.StoredModel;
import io.firesteel.spark.conf.FiresteelConf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Quantizes a calibrated model and validates it on the rows of a query, which is read once to choose rows and once to fetch
 * them. The result does not depend on partitions, order or retries.
 */
public final class QuantizationJob {

    private final SparkSession session;
    private final StoredModel model;
    private final CalibrationTable calibration;
    private final QuantizationRequest request;
    private final Consumer<String> progress;

    /**
     * What a run gave.
     *
     * @param quantization the plan, which is not stored yet, and why it is as it is
     * @param skipped rows left out because an input or the label is null
     */
    public record Result(Quantization quantization, long skipped) {

        /** How many rows were left out and why, in words. */
        public String skippedText() {
            return skipped + " rows were skipped because an input or the label is null";
        }
    }

    /**
     * @param calibration of the model
     * @param progress takes one line now and then
     */
    public QuantizationJob(SparkSession session, StoredModel model, CalibrationTable calibration, QuantizationRequest request,
            Consumer<String> progress) {
        this.session = session;
        this.model = model;
        this.calibration = calibration;
        this.request = request;
        this.progress = progress;
    }

    /**
     * Quantizes.
     *
     * @param name of the quantized plan
     * @param query a SELECT whose columns are the model's inputs and the label; null quantizes by signal-to-noise alone
     * @param label the label's column
     * @throws FiresteelException {@code BOUND_NOT_MET} naming the best found, or naming the column where query and model do not
     *     fit together
     */
    public Result run(String name, String query, String label) {
        try {
            return query == null ? byNoise(name) : validated(name, BoundRows.query(session, query, "validate"), label);
        } catch (Exception e) {
            throw ModelRows.mended(e);
        }
    }

    /** Quantizes and validates on a data frame; see {@link #run(String, String, String)}. */
    public Result run(String name, Dataset<Row> data, String label) {
        try {
            return validated(name, data, label);
        } catch (Exception e) {
            throw ModelRows.mended(e);
        }
    }

    private Result byNoise(String name) {
        if (!Double.isNaN(request.bound())) {
            throw FiresteelException.user("ARGUMENT_MISSING", "max_loss needs rows to measure the loss on: give validate");
        }
        Plan plan = model.plan();
        QuantizedPlans plans = new QuantizedPlans(request.input(plan, calibration).quantizer(plan), request.precision());
        return new Result(Quantization.byNoise(name, plan, calibration, plans, request), 0);
    }

    private Result validated(String name, Dataset<Row> data, String label) {
        Plan plan = model.plan();
        QuantizerInput input = request.input(plan, calibration);
        QuantizedPlans plans = new QuantizedPlans(input.quantizer(plan), request.precision());
        ScoredOutputs outputs = ScoredOutputs.of(plan.signature(), request.metric());
        ClassLabels labels = new ClassLabels(model.spec().labels(), outputs.classes());
        List<String> columns = new ArrayList<>(Arrays.asList(data.columns()));
        boolean found = columns.removeIf(label::equalsIgnoreCase);
        if (request.metric().labelled() && !found) {
            throw FiresteelException.user("LABEL_MISSING", "the rows to validate on have no column '" + label + "', which metric "
                    + request.metric().label() + " needs; they have " + String.join(", ", columns)
                    + ": name the label's column by label, or take metric mse or cosine, which need none");
        }
        ModelRows read = ModelRows.of(data, model.spec(), columns, request.metric().labelled() ? label : null);
        ValidationSample sample = sample(read, labels);
        ValidationPlaces places = ValidationPlaces.of(sample.selection().sample(), sample.test().sample(), request.layerRows());
        FiresteelConf conf = ModelRows.settings(session);
        SerializableConfiguration hadoop = new SerializableConfiguration(hadoop());
        JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
        Broadcast<ValidationPlaces> placed = context.broadcast(places);
        Broadcast<QuantizerInput> shared = context.broadcast(input);
        ValidationTask validate = new ValidationTask(model.spec(), conf, hadoop, outputs, placed);
        CandidateTask candidate = new CandidateTask(model.spec(), conf, hadoop, shared, input.key(), request.precision(),
                request.metric(), outputs);
        try (RowExchange exchange = new RowExchange(session, read.layout(), places.partitions());
                SparkEvaluation evaluation = new SparkEvaluation(context,
                        exchange.carry(read.rows(), request.metric().labelled() ? labels : null), places, validate, candidate, progress)) {
            MeasuredNetworks measured = new MeasuredNetworks(evaluation, CalibrationFolder.of(model.uri(), hadoop()),
                    request.evaluation(plan, input, conf.device() + " " + conf.precision()));
            Result result = new Result(Quantization.validated(name, plan, plans, request, measured, () -> evaluation.jobs() + 1), sample.skipped());
            measured.finish();
            return result;
        } finally {
            placed.destroy();
            shared.destroy();
        }
    }

    private ValidationSample sample(ModelRows read, ClassLabels labels) {
        int each = request.rows() / 2;
        RowTensors.Layout layout = read.layout();
        if (read.rows().getNumPartitions() == 0) {
            return new ValidationSample(each);
        }
        return Progress.during(session.sparkContext(), "choosing rows for " + model.name(), progress, () -> read.rows()
                .mapPartitions(part -> List.of(ValidationSample.of(part, layout, labels, each)).iterator()).treeReduce(ValidationSample::merge));
    }

    private Configuration hadoop() {
        return model.store().configuration();
    }
}
