package io.firesteel.tests.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.observe.RowObserver;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.calibration.threshold.ThresholdMethod;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.onnx.export.OnnxExport;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import io.firesteel.quant.Quantizer;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The digits network in int8: calibrated on rows it was trained on, measured on the others, and in ONNX Runtime. */
class DigitsQuantizationTest {

    private static final Path DIGITS = Path.of(System.getProperty("firesteel.root", ".."),
            "examples/src/main/resources/io/firesteel/examples/digits");
    private static final int PIXELS = 64;
    private static final int CALIBRATION_ROWS = 1024;
    private static final int CLASSES = 10;

    @TempDir
    private static Path folder;

    private static List<Row> test;
    private static Tensor images;
    private static Plan plan;
    private static Quantizer quantizer;

    @BeforeAll
    static void calibrate() throws IOException {
        List<Row> train;
        try (SparkSession spark = SparkSession.builder().master("local[1]").appName("digits").config("spark.ui.enabled", false)
                .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toUri().toString()).getOrCreate()) {
            var digits = spark.read().parquet(DIGITS.resolve("digits.parquet").toString()).orderBy("id");
            train = digits.where("split = 'train'").limit(CALIBRATION_ROWS).collectAsList();
            test = digits.where("split = 'test'").collectAsList();
        }
        images = Tensor.zeros(DataType.FLOAT32, test.size(), PIXELS);
        for (int i = 0; i < test.size(); i++) {
            for (int j = 0; j < PIXELS; j++) {
                images.setDouble((long) i * PIXELS + j, pixels(test.get(i)).get(j));
            }
        }
        plan = PlanWriter.write(Compiler.compile(OnnxModel.read(DIGITS.resolve("digits.onnx")), CompileOptions.of("digits", Precision.FP32)),
                folder.resolve("digits.plan"));
        try (Engine engine = Engine.open(plan, Backends.device("cpu"), EngineOptions.defaults());
                RowObserver observer = new RowObserver(engine, ObserveOptions.DEFAULT)) {
            for (Row row : train) {
                ByteBuffer bytes = ByteBuffer.allocate(PIXELS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                pixels(row).forEach(bytes::putFloat);
                observer.add(bytes.array(), 1);
            }
            quantizer = CalibrationTable.of(plan.hash(), ThresholdMethod.parse("auto"), 99.99, "", observer.finish()).quantizer(plan);
        }
    }

    private static List<Float> pixels(Row row) {
        return row.getList(row.fieldIndex("pixels"));
    }

    private static int[] classes(Plan of, String device) {
        try (Engine engine = Engine.open(of, Backends.device(device), EngineOptions.defaults())) {
            return classes((Tensor) engine.evaluate(List.<HostValue>of(images)).get(0));
        }
    }

    private static int[] classes(Tensor logits) {
        int[] classes = new int[test.size()];
        for (int i = 0; i < classes.length; i++) {
            for (int j = 1; j < CLASSES; j++) {
                if (logits.getDouble((long) i * CLASSES + j) > logits.getDouble((long) i * CLASSES + classes[i])) {
                    classes[i] = j;
                }
            }
        }
        return classes;
    }

    private static long right(int[] classes) {
        long right = 0;
        for (int i = 0; i < classes.length; i++) {
            right += classes[i] == test.get(i).<Integer>getAs("label") ? 1 : 0;
        }
        return right;
    }

    private static double same(int[] a, int[] b) {
        int same = 0;
        for (int i = 0; i < a.length; i++) {
            same += a[i] == b[i] ? 1 : 0;
        }
        return (double) same / a.length;
    }

    @Test
    void everyLayerThatMultipliesIsInt8AndOneDigitAtMostIsLost() {
        assertThat(quantizer.layers()).containsAll(plan.graph().nodes().stream().filter(n -> n.operator() instanceof EpilogueOperator)
                .map(n -> n.name()).toList());
        Plan int8 = quantizer.quantize("digits_int8", Set.of());
        assertThat(int8.provenance()).containsEntry("calibration", "auto, 1024 rows");
        assertThat(right(classes(plan, "cpu"))).isEqualTo(592);
        for (String device : List.of("cpu", "reference")) {
            assertThat(right(classes(int8, device))).as(device).isGreaterThanOrEqualTo(592 - Math.round(0.003 * test.size()) + 1);
        }
    }

    @Test
    void onnxRuntimeGivesTheExportedModelTheSameClasses() {
        Plan int8 = quantizer.quantize("digits_int8", Set.of());
        byte[] model = OnnxExport.toBytes(int8);
        assertThat(OnnxExport.toBytes(int8)).isEqualTo(model);
        int[] theirs = classes(OnnxRuntime.run(model, Map.of("pixels", images)).get(0));
        assertThat(same(theirs, classes(int8, "cpu"))).isGreaterThanOrEqualTo(0.999);
        Plan again = Compiler.compile(OnnxModel.read("exported", model, null), CompileOptions.of("again", Precision.FP32));
        assertThat(same(classes(again, "cpu"), classes(int8, "cpu"))).as("read again").isGreaterThanOrEqualTo(0.999);
    }
}
