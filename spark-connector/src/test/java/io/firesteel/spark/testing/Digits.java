package io.firesteel.spark.testing;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The digits model and data, and what ONNX Runtime computes from them. */
public final class Digits {

    private static final Path FOLDER = Path.of(System.getProperty("firesteel.root", ".."),
            "examples/src/main/resources/io/firesteel/examples/digits");

    private Digits() { }

    public static Path onnx() {
        return FOLDER.resolve("digits.onnx");
    }

    public static Path parquet() {
        return FOLDER.resolve("digits.parquet");
    }

    public static Plan plan() {
        return Compiler.compile(OnnxModel.read(onnx()), CompileOptions.of("digits", Precision.FP32));
    }

    /** The pixels by id. */
    public static Map<Integer, float[]> pixels(SparkSession session) {
        Map<Integer, float[]> pixels = new TreeMap<>();
        for (Row row : session.read().parquet(parquet().toString()).select("id", "pixels").collectAsList()) {
            pixels.put(row.getInt(0), floats(row.getList(1)));
        }
        return pixels;
    }

    public static float[] floats(List<Float> list) {
        float[] values = new float[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i);
        }
        return values;
    }

    /** The logits of rows, by ONNX Runtime. */
    public static float[][] logits(float[][] pixels) {
        try {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            try (OrtSession session = environment.createSession(onnx().toString());
                    OnnxTensor input = OnnxTensor.createTensor(environment, pixels);
                    OrtSession.Result result = session.run(Map.of("pixels", input))) {
                return (float[][]) result.get(0).getValue();
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
