package io.firesteel.tests.benchmark;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.firesteel.cli.NetworkCase;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime with a session for each caller, at its best: all graph optimizations, inputs and outputs in direct buffers that
 * it reads and writes in place.
 */
final class OnnxRuntimeContender implements Contender {

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private record Caller(OrtSession session, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs,
            List<ByteBuffer> results) {}

    private final int threads;
    private final List<Caller> callers = new ArrayList<>();

    /**
     * @param model the ONNX file
     * @param callers sessions
     * @param threads threads of each session
     */
    OnnxRuntimeContender(Path model, NetworkCase network, int batch, int callers, int threads) {
        this(model, network, batch, callers, threads, OrtSession.SessionOptions.OptLevel.ALL_OPT);
    }

    /** @param level which of its graph optimizations it takes */
    OnnxRuntimeContender(Path model, NetworkCase network, int batch, int callers, int threads, OrtSession.SessionOptions.OptLevel level) {
        this.threads = threads;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(level);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            for (int i = 0; i < callers; i++) {
                this.callers.add(caller(ENVIRONMENT.createSession(model.toString(), options), network, batch));
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot load " + model, e);
        }
    }

    private static Caller caller(OrtSession session, NetworkCase network, int batch) throws OrtException {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        for (String name : session.getInputNames()) {
            Tensor values = network.input(name, batch);
            OnnxJavaType type = values.dataType() == DataType.INT64 ? OnnxJavaType.INT64 : OnnxJavaType.FLOAT;
            inputs.put(name, OnnxTensor.createTensor(ENVIRONMENT, values.buffer(), values.sizes(), type));
        }
        Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
        List<ByteBuffer> results = new ArrayList<>();
        try (OrtSession.Result first = session.run(inputs)) {
            for (Map.Entry<String, OnnxValue> value : first) {
                OnnxTensor tensor = (OnnxTensor) value.getValue();
                long[] shape = tensor.getInfo().getShape();
                ByteBuffer result = ByteBuffer.allocateDirect(tensor.getByteBuffer().remaining()).order(ByteOrder.LITTLE_ENDIAN);
                outputs.put(value.getKey(), OnnxTensor.createTensor(ENVIRONMENT, result, shape, OnnxJavaType.FLOAT));
                results.add(result);
            }
        }
        return new Caller(session, inputs, outputs, results);
    }

    @Override
    public String name() {
        return callers.size() + " session" + (callers.size() == 1 ? "" : "s") + " x " + threads;
    }

    @Override
    public int callers() {
        return callers.size();
    }

    @Override
    public void run(int caller) {
        Caller own = callers.get(caller);
        try (OrtSession.Result result = own.session.run(own.inputs, own.outputs)) {
            if (result.size() != own.outputs.size()) {
                throw new IllegalStateException("ONNX Runtime gave " + result.size() + " outputs");
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime failed", e);
        }
    }

    @Override
    public ByteBuffer output(int caller, int index) {
        return callers.get(caller).results.get(index);
    }

    @Override
    public void close() {
        for (Caller caller : callers) {
            caller.inputs.values().forEach(OnnxTensor::close);
            caller.outputs.values().forEach(OnnxTensor::close);
            try {
                caller.session.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime cannot close a session", e);
            }
        }
    }
}
