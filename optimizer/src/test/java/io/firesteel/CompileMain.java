package io.firesteel;

import io.firesteel.onnx.OnnxModel;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import java.nio.file.Path;

/** Compiles ONNX models and prints what the optimizer did, for development. Arguments: model files; "-g" prints graphs. */
final class CompileMain {

    private CompileMain() { }

    public static void main(String[] arguments) {
        boolean graphs = false;
        for (String argument : arguments) {
            if (argument.equals("-g")) {
                graphs = true;
                continue;
            }
            long start = System.nanoTime();
            try {
                Plan plan = Compiler.compile(OnnxModel.read(Path.of(argument)), CompileOptions.of("model", Precision.FP32));
                System.out.printf("%s: %d -> %d layers, %d nodes, %d ms %s%n", argument, plan.layersBefore(), plan.layersAfter(),
                        plan.graph().nodes().size(), (System.nanoTime() - start) / 1_000_000, plan.rules());
                if (graphs) {
                    System.out.println(plan.graph());
                }
            } catch (FiresteelException e) {
                System.out.println(argument + ": " + e.getMessage());
            }
        }
    }
}
