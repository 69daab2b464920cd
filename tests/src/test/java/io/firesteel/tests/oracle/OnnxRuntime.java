package io.firesteel.tests.oracle;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** ONNX Runtime as the independent oracle: no graph optimization, one thread. */
final class OnnxRuntime {

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private OnnxRuntime() { }

    /** What ONNX Runtime makes of a model; its outputs must be tensors. */
    static List<Tensor> run(byte[] model, Map<String, Tensor> inputs) {
        Map<String, OnnxTensor> feeds = new HashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            options.setIntraOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            try (OrtSession session = ENVIRONMENT.createSession(model, options)) {
                for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                    feeds.put(input.getKey(), feed(input.getValue()));
                }
                try (OrtSession.Result result = session.run(feeds)) {
                    List<Tensor> outputs = new ArrayList<>();
                    for (int i = 0; i < result.size(); i++) {
                        outputs.add(tensor((OnnxTensor) result.get(i)));
                    }
                    return outputs;
                }
            }
        } catch (OrtException e) {
            throw new AssertionError("ONNX Runtime refuses the test's model: " + e.getMessage(), e);
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor feed(Tensor tensor) throws OrtException {
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put(tensor.buffer()).flip();
        return OnnxTensor.createTensor(ENVIRONMENT, buffer, tensor.sizes(), type(tensor.dataType()));
    }

    private static Tensor tensor(OnnxTensor value) {
        return Tensor.wrap(type(value.getInfo().type), value.getInfo().getShape(), value.getByteBuffer());
    }

    private static OnnxJavaType type(DataType type) {
        return switch (type) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case BFLOAT16 -> OnnxJavaType.BFLOAT16;
            case FLOAT64 -> OnnxJavaType.DOUBLE;
            case INT8 -> OnnxJavaType.INT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case UINT8 -> OnnxJavaType.UINT8;
            case BOOL -> OnnxJavaType.BOOL;
            case UINT16, UINT32, UINT64 -> throw new IllegalArgumentException("ONNX Runtime's Java API has no " + type);
        };
    }

    private static DataType type(OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> DataType.FLOAT32;
            case FLOAT16 -> DataType.FLOAT16;
            case BFLOAT16 -> DataType.BFLOAT16;
            case DOUBLE -> DataType.FLOAT64;
            case INT8 -> DataType.INT8;
            case INT16 -> DataType.INT16;
            case INT32 -> DataType.INT32;
            case INT64 -> DataType.INT64;
            case UINT8 -> DataType.UINT8;
            case BOOL -> DataType.BOOL;
            case STRING, UNKNOWN -> throw new IllegalArgumentException("no tensor of " + type);
        };
    }
}
