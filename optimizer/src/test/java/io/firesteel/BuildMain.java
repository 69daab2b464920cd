package io.firesteel;

import io.firesteel.onnx.OnnxCase;
import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.PlanWriter;
import io.firesteel.plan.Precision;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** Builds a plan from each of the small networks. Argument: the folder to write them in. */
final class BuildMain {

    private BuildMain() { }

    public static void main(String[] arguments) throws URISyntaxException {
        for (OnnxCase network : NetworksTest.networks()) {
            PlanWriter.write(Compiler.compile(OnnxModel.read(network.model()), CompileOptions.of(network.name(), Precision.FP32)),
                    Path.of(arguments[0], network.name() + ".plan"));
        }
    }
}
