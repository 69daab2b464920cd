package io.firesteel.cli;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Device;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Precision;
import io.firesteel.plan.Signature;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Compares a model on a device with the plain evaluation of its graph as imported, on random inputs of two rows. */
final class ModelComparison {

    private static final long ROWS = 2;

    /**
     * What came of it.
     *
     * @param status passed or failed
     * @param reason the figures
     * @param relativeError largest absolute error over the standard deviation of the expected values
     */
    record Result(String status, String reason, double relativeError) { }

    private ModelComparison() { }

    static Result compare(Path file, Device device, Precision asked) {
        Precision precision = asked == null ? Precision.FP32 : asked;
        OnnxModel model = OnnxModel.read(file);
        Random random = new Random(1);
        List<HostValue> inputs = new ArrayList<>();
        for (Signature.Port port : Signature.of(model.graph()).inputs()) {
            inputs.add(random(port.tensor(), random));
        }
        List<HostValue> expected = ReferenceEvaluator.run(model.graph(), inputs);
        double worst = 0;
        try (Engine engine = Engine.open(Compiler.compile(model, CompileOptions.of(ModelArgument.name(file), precision)), device,
                EngineOptions.defaults().withSessions(1))) {
            List<HostValue> actual = engine.evaluate(inputs);
            for (int i = 0; i < actual.size(); i++) {
                worst = Math.max(worst, error((Tensor) actual.get(i), (Tensor) expected.get(i)));
            }
        }
        double bound = precision == Precision.FP32 ? NetworkBounds.FP32 : 0.1;
        return new Result(worst <= bound ? "passed" : "failed",
                String.format(Locale.ROOT, "relative error %.3g against plain evaluation, bound %.3g", worst, bound), worst);
    }

    private static Tensor random(TensorType type, Random random) {
        long[] sizes = type.shape().dims().stream().mapToLong(d -> size(d)).toArray();
        Tensor tensor = Tensor.zeros(type.dataType(), sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            if (type.dataType().isFloatingPoint()) {
                tensor.setDouble(i, random.nextFloat());
            } else {
                tensor.setLong(i, random.nextInt(2));
            }
        }
        return tensor;
    }

    private static long size(Dim dim) {
        return dim.isConstant() ? dim.size() : dim.bind(dim.symbol(), ROWS).size();
    }

    private static double error(Tensor actual, Tensor expected) {
        if (!actual.type().equals(expected.type())) {
            return Double.POSITIVE_INFINITY;
        }
        double sum = 0;
        double squares = 0;
        double worst = 0;
        long count = expected.elements();
        for (long i = 0; i < count; i++) {
            double e = expected.getDouble(i);
            double difference = Math.abs(actual.getDouble(i) - e);
            worst = Double.isNaN(difference) && !Double.isNaN(e) ? Double.POSITIVE_INFINITY : Math.max(worst, Double.isNaN(difference) ? 0 : difference);
            sum += e;
            squares += e * e;
        }
        double deviation = Math.sqrt(Math.max(0, squares / count - sum / count * (sum / count)));
        return worst == 0 ? 0 : worst / Math.max(deviation, expected.dataType() == DataType.FLOAT64 ? 1e-12 : 1e-6);
    }
}
