package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class ReductionOracleTest {

    @RepeatedTest(60)
    void reductionsOverAnyAxes(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        long[] axes = random.someBelow(rank);
        if (random.coin()) {
            axes[0] -= rank;
        }
        String type = random.oneOf("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare");
        DataType element = type.matches("ReduceL.*") ? DataType.FLOAT32 : random.oneOf(DataType.FLOAT32, DataType.FLOAT32,
                DataType.INT32, DataType.INT64);
        double low = element == DataType.FLOAT32 ? 0.1 : 1;
        Tensor x = random.of(element, low, type.equals("ReduceProd") ? 2 : 5, random.between(1, 7, rank));
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("keepdims", random.between(0, 1));
        boolean named = random.coin();
        OnnxNetwork network = new OnnxNetwork(named ? 18 : 12);
        if (named) {
            Agreement.check(network.output(network.node(type, attributes, network.input(x),
                    network.constant(Tensor.vector(axes)))));
        } else {
            attributes.put("axes", axes);
            Agreement.check(network.output(network.node(type, attributes, network.input(x))));
        }
    }

    @RepeatedTest(20)
    void argMaxAndArgMin(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        OnnxNetwork network = new OnnxNetwork(13);
        String x = network.input(random.of(random.oneOf(DataType.FLOAT32, DataType.INT32), -3, 3, random.between(1, 9, rank)));
        Agreement.check(network.output(network.node(random.oneOf("ArgMax", "ArgMin"), Map.of(
                "axis", random.between(-rank, rank - 1), "keepdims", random.between(0, 1),
                "select_last_index", random.between(0, 1)), x)));
    }

    @RepeatedTest(20)
    void topK(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        int axis = random.between(-rank, rank - 1);
        long[] sizes = random.between(1, 12, rank);
        long k = random.between(1, (int) sizes[Math.floorMod(axis, rank)]);
        OnnxNetwork network = new OnnxNetwork(11);
        String x = network.input(random.floats(sizes));
        Map<String, Object> attributes = Map.of("axis", axis, "largest", random.between(0, 1), "sorted", 1);
        Agreement.check(network.outputs(network.node("TopK", 2, attributes, x, network.constant(Tensor.vector(k)))));
    }

    @RepeatedTest(10)
    void cumulativeSum(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        OnnxNetwork network = new OnnxNetwork(14);
        String x = network.input(random.floats(random.between(1, 9, rank)));
        String axis = network.constant(Tensor.scalar(DataType.INT64, random.between(-rank, rank - 1)));
        Agreement.check(network.output(network.node("CumSum",
                Map.of("exclusive", random.between(0, 1), "reverse", random.between(0, 1)), x, axis)));
    }

    @RepeatedTest(10)
    void reductionWithoutAxes(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(18);
        String x = network.input(random.floats(random.between(1, 5, random.between(0, 3))));
        List<String> results = List.of(
                network.node("ReduceMean", Map.of("keepdims", 0), x),
                network.node("ReduceSum", Map.of("keepdims", 1), x),
                network.node("ReduceSum", Map.of("noop_with_empty_axes", 1), x));
        Agreement.check(network.outputs(results));
    }
}
