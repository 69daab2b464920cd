package io.firesteel.tests.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.CompileOptions;
import io.firesteel.Compiler;
import io.firesteel.backend.Backends;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.onnx.OnnxCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Holds Firesteel to ONNX Runtime's results: the network as imported, and its plan on every device of the host. */
final class Agreement {

    /** Devices the plan must run on. */
    private static final List<String> DEVICES = List.of("reference", "cpu");

    private static final double RELATIVE = 1e-4;
    private static final double ABSOLUTE = 1e-5;

    private Agreement() { }

    /** Fails where a result differs from ONNX Runtime's by more than rounding in another order explains. */
    static Plan check(OnnxNetwork network) {
        return check(network, 1);
    }

    /**
     * Fails where a result differs from ONNX Runtime's.
     *
     * @param tolerance multiple of the usual tolerance, for functions that amplify rounding
     */
    static Plan check(OnnxNetwork network, double tolerance) {
        byte[] bytes = network.bytes();
        List<Tensor> expected = OnnxRuntime.run(bytes, network.inputs());
        OnnxModel model = OnnxModel.read("network", bytes, null);
        List<HostValue> inputs = new ArrayList<>(network.inputs().values());
        compare(network + "\nas imported", ReferenceEvaluator.run(model.graph(), inputs), expected, tolerance);
        Plan plan = Compiler.compile(model, CompileOptions.of("network", Precision.FP32));
        for (String device : DEVICES) {
            try (Engine engine = Engine.open(plan, Backends.device(device), EngineOptions.defaults())) {
                compare(network + "\non " + device, engine.evaluate(inputs), expected, tolerance);
            }
        }
        return plan;
    }

    private static void compare(String where, List<HostValue> actual, List<Tensor> expected, double tolerance) {
        assertThat(actual).as(where).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(OnnxCase.difference(actual.get(i), expected.get(i), RELATIVE * tolerance,
                    ABSOLUTE * tolerance * Math.max(1, largest(expected.get(i)))))
                    .as("%s, output %d", where, i).isEmpty();
        }
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (long i = 0; i < tensor.elements(); i++) {
            double value = Math.abs(tensor.getDouble(i));
            largest = Double.isFinite(value) ? Math.max(largest, value) : largest;
        }
        return largest;
    }
}
