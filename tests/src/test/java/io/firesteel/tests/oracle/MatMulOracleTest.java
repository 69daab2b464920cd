package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MatMulOracleTest {

    @RepeatedTest(40)
    void matMulBroadcasts(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int batchRank = random.between(0, 3);
        long[] batch = random.between(1, 3, batchRank);
        long rows = random.between(1, 20);
        long depth = random.between(1, 33);
        long columns = random.between(1, 40);
        long[] left = matrix(random, batch, rows, depth);
        long[] right = matrix(random, batch, depth, columns);
        if (random.between(0, 5) == 0) {
            left = new long[] {depth};
        } else if (random.between(0, 5) == 0) {
            right = new long[] {depth};
        }
        DataType type = random.oneOf(DataType.FLOAT32, DataType.FLOAT32, DataType.FLOAT64, DataType.INT32, DataType.INT64);
        OnnxNetwork network = new OnnxNetwork(17);
        String a = network.input(random.of(type, -5, 5, left));
        String b = network.value(random.of(type, -5, 5, right), random.coin());
        Agreement.check(network.output(network.node("MatMul", Map.of(), a, b)));
    }

    /** Leading dimensions, each kept or made 1, some of the first left out. */
    private static long[] matrix(RandomTensors random, long[] batch, long rows, long columns) {
        int left = random.between(0, batch.length);
        long[] sizes = new long[left + 2];
        for (int i = 0; i < left; i++) {
            sizes[i] = random.between(0, 3) == 0 ? 1 : batch[batch.length - left + i];
        }
        sizes[left] = rows;
        sizes[left + 1] = columns;
        return sizes;
    }

    @RepeatedTest(40)
    void gemm(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        long rows = random.between(1, 17);
        long depth = random.between(1, 40);
        long columns = random.between(1, 33);
        boolean turnLeft = random.coin();
        boolean turnRight = random.coin();
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("transA", turnLeft ? 1 : 0);
        attributes.put("transB", turnRight ? 1 : 0);
        attributes.put("alpha", random.oneOf(1f, 0.5f, -2f));
        attributes.put("beta", random.oneOf(1f, 0.25f, 0f));
        OnnxNetwork network = new OnnxNetwork(random.oneOf(11, 13));
        String a = network.input(turnLeft ? random.floats(depth, rows) : random.floats(rows, depth));
        String b = network.value(turnRight ? random.floats(columns, depth) : random.floats(depth, columns), random.coin());
        if (random.coin()) {
            String c = network.value(random.oneOf(random.floats(columns), random.floats(rows, 1), random.floats(1, columns),
                    random.floats(), random.floats(rows, columns)), random.coin());
            Agreement.check(network.output(network.node("Gemm", attributes, a, b, c)));
        } else {
            Agreement.check(network.output(network.node("Gemm", attributes, a, b)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bij,bjk->bik", "bhqd,bhkd->bhqk", "ij,ij->", "ijk->kji", "bi,bj->bij",
        "...ij,...jk->...ik", "ii->i"})
    void einsum(String equation) {
        RandomTensors random = new RandomTensors(equation.hashCode());
        String[] terms = equation.split("->")[0].split(",");
        OnnxNetwork network = new OnnxNetwork(17);
        String[] inputs = new String[terms.length];
        for (int t = 0; t < terms.length; t++) {
            String letters = terms[t].replace("...", "b");
            long[] sizes = new long[letters.length()];
            for (int i = 0; i < sizes.length; i++) {
                sizes[i] = 2 + letters.charAt(i) % 5;
            }
            inputs[t] = network.input(random.floats(sizes));
        }
        Agreement.check(network.output(network.node("Einsum", Map.of("equation", equation), inputs)));
    }
}
