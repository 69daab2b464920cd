package io.firesteel.onnx;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.reference.ReferenceEvaluator;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.ValueType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Runs ONNX cases through import and the reference evaluator, for development.
 * Arguments: the folder with the cases, then, if wanted, a regular expression for their names.
 */
final class OnnxCasesMain {

    private OnnxCasesMain() { }

    public static void main(String[] arguments) {
        Map<String, Integer> counts = new TreeMap<>();
        for (OnnxCase onnxCase : OnnxCase.find(Path.of(arguments[0]))) {
            if (arguments.length > 1 && !onnxCase.name().matches(arguments[1])) {
                continue;
            }
            String result = run(onnxCase);
            counts.merge(result.split(" ")[0], 1, Integer::sum);
            System.out.println(onnxCase.name() + " " + result);
        }
        System.out.println(counts);
    }

    private static String run(OnnxCase onnxCase) {
        try {
            Graph graph = onnxCase.read().graph();
            List<ValueType> inputs = graph.inputs().stream().map(graph::type).toList();
            List<ValueType> outputs = graph.outputs().stream().map(o -> graph.type(o.value())).toList();
            for (OnnxCase.DataSet set : onnxCase.dataSets(inputs, outputs)) {
                List<HostValue> results = ReferenceEvaluator.run(graph, set.inputs());
                for (int i = 0; i < results.size(); i++) {
                    Optional<String> difference = OnnxCase.difference(results.get(i), set.outputs().get(i), 1e-3, 1e-7);
                    if (difference.isPresent()) {
                        return "failed output " + i + ": " + difference.get();
                    }
                }
            }
            return "passed";
        } catch (FiresteelException e) {
            return (e.code().equals("MODEL_UNSUPPORTED") ? "unsupported " : "error ") + e.getMessage();
        } catch (RuntimeException e) {
            return "error " + e + " at " + e.getStackTrace()[0];
        }
    }
}
