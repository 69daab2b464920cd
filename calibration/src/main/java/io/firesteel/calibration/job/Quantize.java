package io.firesteel.calibration.job;

import io.firesteel.calibration.sensitivity.Metric;
import io.firesteel.calibration.sensitivity.QuantizationRequest;
import io.firesteel.plan.Precision;
import io.firesteel.spark.catalog.Catalyst;
import io.firesteel.spark.catalog.ModelProcedure;
import io.firesteel.spark.catalog.ModelStore;
import io.firesteel.spark.catalog.StoredModel;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code CALL models.system.quantize(model => 'resnet50', name => 'resnet50_int8', validate => 'SELECT image, label FROM
 * lake.holdout', metric => 'top1', max_loss => 0.003)}: makes an int8 model of a calibrated one whose loss of accuracy is
 * measured and bounded; {@code models.resnet50_int8.sensitivity} explains it.
 */
public final class Quantize implements ModelProcedure {

    private static final Logger LOG = LoggerFactory.getLogger(Quantize.class);

    @Override
    public String name() {
        return "quantize";
    }

    @Override
    public String description() {
        return "Makes an int8 model of a calibrated one whose loss of accuracy on a query's rows is measured and bounded";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of(ProcedureParameter.in("model", DataTypes.StringType).comment("the calibrated model's name").build(),
                ProcedureParameter.in("name", DataTypes.StringType).comment("the int8 model's name").build(),
                ProcedureParameter.in("validate", DataTypes.StringType)
                        .comment("a SELECT whose columns are the model's inputs and the label; none: by signal-to-noise alone")
                        .defaultValue("CAST(NULL AS STRING)").build(),
                ProcedureParameter.in("metric", DataTypes.StringType)
                        .comment("top1, top5, or mse or cosine against the fp32 outputs, which need no label")
                        .defaultValue("'" + QuantizationRequest.DEFAULT_METRIC + "'").build(),
                ProcedureParameter.in("max_loss", DataTypes.DoubleType)
                        .comment("the most that may be lost of the metric, up to the upper end of the 95% interval; none: measured only")
                        .defaultValue("CAST(NULL AS DOUBLE)").build(),
                ProcedureParameter.in("label", DataTypes.StringType).comment("the label's column: indices or names of classes")
                        .defaultValue("'label'").build(),
                ProcedureParameter.in("rows", DataTypes.IntegerType)
                        .comment("the most rows taken, half to select layers by and half to test on")
                        .defaultValue(Integer.toString(QuantizationRequest.DEFAULT_ROWS)).build(),
                ProcedureParameter.in("layer_rows", DataTypes.IntegerType).comment("rows on which each layer's effect is measured")
                        .defaultValue(Integer.toString(QuantizationRequest.DEFAULT_LAYER_ROWS)).build(),
                ProcedureParameter.in("precision", DataTypes.StringType)
                        .comment("what layers that are not in int8 may compute in: fp16 (bf16 where a CPU has that, else fp32), bf16, fp32")
                        .defaultValue("'" + QuantizationRequest.DEFAULT_PRECISION + "'").build(),
                ProcedureParameter.in("min_signal_to_noise", DataTypes.DoubleType)
                        .comment("decibels that what a layer reads must have in int8, where validate is not given")
                        .defaultValue(QuantizationRequest.DEFAULT_LEAST_SIGNAL_TO_NOISE + "D").build(),
                ProcedureParameter.in("bias_correction", DataTypes.BooleanType)
                        .comment("put what rounding weights takes from the means of results back into the biases")
                        .defaultValue(Boolean.toString(QuantizationRequest.DEFAULT_BIAS_CORRECTION)).build(),
                ProcedureParameter.in("weight_only", DataTypes.LongType)
                        .comment("store embedding tables, and weights of products that are not in int8, as bytes where they have so many elements")
                        .defaultValue("CAST(NULL AS BIGINT)").build());
    }

    @Override
    public StructType result() {
        return QuantizedModel.SCHEMA;
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow values) {
        Arguments arguments = new Arguments(parameters(), values);
        StoredModel model = Arguments.model(store, arguments.text("model"));
        String name = Arguments.newName(model, "name", arguments.text("name"));
        QuantizationRequest request = new QuantizationRequest(Metric.parse(arguments.text("metric")),
                arguments.optionalReal("max_loss"), arguments.number("rows"), arguments.number("layer_rows"),
                Precision.parse(arguments.text("precision")), arguments.real("min_signal_to_noise"),
                arguments.flag("bias_correction"), arguments.number("weight_only", Long.MAX_VALUE));
        QuantizationJob job = new QuantizationJob(SparkSession.active(), model, Arguments.table(model), request, LOG::info);
        QuantizedModel made = QuantizedModel.publish(store, model, name, job.run(name, arguments.optional("validate"), arguments.text("label")));
        LOG.info("{}", made.text());
        return List.of(Catalyst.row(made.row().toArray()));
    }
}
