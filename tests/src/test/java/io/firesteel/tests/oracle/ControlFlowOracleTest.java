package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class ControlFlowOracleTest {

    @RepeatedTest(10)
    void conditional(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(19);
        String x = network.input(random.floats(2, 3));
        String condition = network.value(Tensor.scalar(DataType.BOOL, random.between(0, 1)), random.coin());
        OnnxNetwork then = network.body("then");
        then.output(then.node("MatMul", Map.of(), x, then.constant(random.floats(3, 4))));
        OnnxNetwork otherwise = network.body("else");
        String shifted = otherwise.node("Add", Map.of(), x, otherwise.constant(random.floats(3)));
        otherwise.output(otherwise.node("Concat", Map.of("axis", 1), shifted,
                otherwise.node("ReduceSum", Map.of(), x, otherwise.constant(Tensor.longs(new long[] {1}, 1)))));
        String y = network.node("If", Map.of("then_branch", then, "else_branch", otherwise), condition);
        Agreement.check(network.output(network.node("Relu", Map.of(), y)));
    }

    @RepeatedTest(10)
    void loopWithCarriedAndStackedValues(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(19);
        String start = network.input(random.floats(2, 3));
        String weights = network.value(random.floatsIn(-0.5, 0.5, 3, 3), random.coin());
        String rounds = network.value(Tensor.scalar(DataType.INT64, random.between(0, 5)), random.coin());
        OnnxNetwork body = network.body("body");
        String round = body.input(Tensor.scalar(DataType.INT64, 0));
        String condition = body.input(Tensor.scalar(DataType.BOOL, 1));
        String state = body.input(random.floats(2, 3));
        String next = body.node("Tanh", Map.of(), body.node("MatMul", Map.of(), state, weights));
        String go = random.coin() ? body.node("Identity", Map.of(), condition)
                : body.node("Less", Map.of(), round, body.constant(Tensor.scalar(DataType.INT64, 2)));
        String shown = body.node("ReduceMean", Map.of("keepdims", 0), next, body.constant(Tensor.longs(new long[] {1}, 1)));
        body.outputs(List.of(go, next, shown));
        List<String> results = network.node("Loop", 2, Map.of("body", body), rounds, "", start);
        Agreement.check(network.outputs(results));
    }

    @RepeatedTest(10)
    void scan(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(19);
        long steps = random.between(1, 6);
        String start = network.input(random.floats(3));
        String elements = network.input(random.floats(steps, 3));
        String weights = network.constant(random.floatsIn(-0.5, 0.5, 3, 3));
        OnnxNetwork body = network.body("body");
        String state = body.input(random.floats(3));
        String element = body.input(random.floats(3));
        String next = body.node("Add", Map.of(), body.node("MatMul", Map.of(), state, weights), element);
        body.outputs(List.of(next, body.node("Sigmoid", Map.of(), next)));
        List<String> results = network.node("Scan", 2, Map.of("body", body, "num_scan_inputs", 1,
                "scan_input_directions", new long[] {random.between(0, 1)},
                "scan_output_directions", new long[] {random.between(0, 1)}), start, elements);
        Agreement.check(network.outputs(results));
    }
}
