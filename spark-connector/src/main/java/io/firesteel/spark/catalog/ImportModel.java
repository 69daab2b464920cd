package io.firesteel.spark.catalog;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.FiresteelException;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.connector.catalog.procedures.ProcedureParameter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * {@code CALL models.system.import_model(name => 'digits', onnx => '/data/digits.onnx', precision => 'fp32')}: compiles an
 * ONNX file and makes it the version in use of the model. With {@code sample => 'SELECT image FROM lake.train LIMIT 100'} layers whose
 * values leave fp16's range in these rows are kept in a wider precision; a column reports them. With {@code dims => map('sequence', 128)}
 * symbolic dimensions of the inputs get these sizes.
 */
public final class ImportModel implements ModelProcedure {

    private static final int SAMPLE = 3;
    private static final int DIMS = 4;

    @Override
    public String name() {
        return "import_model";
    }

    @Override
    public String description() {
        return "Compiles an ONNX file into a plan and makes it the version in use of the model";
    }

    @Override
    public List<ProcedureParameter> parameters() {
        return List.of(ProcedureParameter.in("name", DataTypes.StringType).comment("the model's name in SQL").build(),
                ProcedureParameter.in("onnx", DataTypes.StringType).comment("the ONNX file, on any Hadoop file system").build(),
                ProcedureParameter.in("precision", DataTypes.StringType).comment("fp32, bf16 or fp16")
                        .defaultValue("'fp32'").build(),
                ProcedureParameter.in("sample", DataTypes.StringType)
                        .comment("for fp16, a SELECT whose columns are the model's inputs: layers that fp16 cannot hold are found in its rows")
                        .defaultValue("CAST(NULL AS STRING)").build(),
                ProcedureParameter.in("dims", DataTypes.createMapType(DataTypes.StringType, DataTypes.LongType))
                        .comment("sizes for symbolic dimensions of the inputs, for example map('sequence', 128)")
                        .defaultValue("CAST(NULL AS MAP<STRING, BIGINT>)").build());
    }

    @Override
    public StructType result() {
        return StructType.fromDDL("name STRING NOT NULL, hash STRING NOT NULL, signature STRING NOT NULL,"
                + " layers_before BIGINT NOT NULL, layers_after BIGINT NOT NULL, uri STRING NOT NULL,"
                + " not_in_fp16 ARRAY<STRING> NOT NULL");
    }

    @Override
    public List<InternalRow> call(ModelStore store, InternalRow arguments) {
        String name = text(arguments, 0, "name");
        Path onnx = new Path(text(arguments, 1, "onnx"));
        Precision precision = Precision.parse(text(arguments, 2, "precision"));
        Plan compiled = compile(onnx, CompileOptions.of(name, precision).withDims(dims(arguments)), store.configuration());
        Plan plan = arguments.isNullAt(SAMPLE) ? compiled : RangeSample.find(compiled, text(arguments, SAMPLE, "sample"));
        StoredModel model = store.publish(name, plan);
        return List.of(Catalyst.row(name, model.hash(), model.spec().signature(), plan.layersBefore(),
                plan.layersAfter(), model.uri(), plan.fp16Overflows().keySet().stream().sorted().toList()));
    }

    private static Map<String, Long> dims(InternalRow arguments) {
        Map<String, Long> dims = new TreeMap<>();
        if (!arguments.isNullAt(DIMS)) {
            MapData given = arguments.getMap(DIMS);
            for (int i = 0; i < given.numElements(); i++) {
                if (given.valueArray().isNullAt(i)) {
                    throw FiresteelException.user("ARGUMENT_NULL", "parameter dims has no size for "
                            + given.keyArray().getUTF8String(i));
                }
                dims.put(given.keyArray().getUTF8String(i).toString(), given.valueArray().getLong(i));
            }
        }
        return dims;
    }

    private static Plan compile(Path onnx, CompileOptions options, Configuration configuration) {
        try (LocalCopy local = LocalCopy.withCompanions(onnx, configuration)) {
            return Compiler.compile(OnnxModel.read(local.file()), options);
        } catch (FileNotFoundException e) {
            throw FiresteelException.user("MODEL_NOT_FOUND", "there is no file " + onnx);
        } catch (IOException e) {
            throw new FiresteelException("MODEL_UNREADABLE", FiresteelException.Kind.USER, null,
                    onnx + " cannot be read: " + e.getMessage(), e);
        }
    }

    static String text(InternalRow arguments, int index, String parameter) {
        if (arguments.isNullAt(index)) {
            throw FiresteelException.user("ARGUMENT_NULL", "parameter " + parameter + " is null");
        }
        return arguments.getUTF8String(index).toString();
    }
}
