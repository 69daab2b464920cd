package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class IndexingOracleTest {

    @RepeatedTest(30)
    void gather(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        int axis = random.between(-rank, rank - 1);
        long[] sizes = random.between(1, 7, rank);
        long count = sizes[Math.floorMod(axis, rank)];
        OnnxNetwork network = new OnnxNetwork(13);
        String x = network.value(element(random, sizes), random.coin());
        String indices = network.value(random.of(random.oneOf(DataType.INT32, DataType.INT64), -count, count,
                random.between(1, 4, random.between(0, 2))), random.coin());
        Agreement.check(network.output(network.node("Gather", Map.of("axis", axis), x, indices)));
    }

    @RepeatedTest(20)
    void gatherElements(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 3);
        int axis = random.between(-rank, rank - 1);
        long[] sizes = random.between(1, 7, rank);
        long count = sizes[Math.floorMod(axis, rank)];
        long[] indexSizes = sizes.clone();
        indexSizes[Math.floorMod(axis, rank)] = random.between(1, 9);
        OnnxNetwork network = new OnnxNetwork(13);
        Agreement.check(network.output(network.node("GatherElements", Map.of("axis", axis), network.input(element(random, sizes)),
                network.input(random.of(DataType.INT64, -count, count, indexSizes)))));
    }

    @RepeatedTest(20)
    void gatherAndScatterNd(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        long[] sizes = random.between(2, 5, rank);
        int depth = random.between(1, rank);
        long smallest = Arrays.stream(sizes).limit(depth).min().orElseThrow();
        long rows = random.between(1, (int) smallest);
        Tensor indices = Tensor.zeros(DataType.INT64, rows, depth);
        for (int d = 0; d < depth; d++) {
            long[] order = random.permutation((int) smallest);
            for (int i = 0; i < rows; i++) {
                indices.setLong((long) i * depth + d, order[i]);
            }
        }
        long[] updates = LongStream.concat(LongStream.of(rows), Arrays.stream(sizes).skip(depth)).toArray();
        OnnxNetwork network = new OnnxNetwork(16);
        String x = network.input(random.floats(sizes));
        String at = network.value(indices, random.coin());
        String scattered = network.node("ScatterND", Map.of("reduction", random.oneOf("none", "add", "mul")), x, at,
                network.input(random.floats(updates)));
        Agreement.check(network.output(scattered).output(network.node("GatherND", Map.of(), x, at)));
    }

    @RepeatedTest(20)
    void scatterElements(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 3);
        int axis = random.between(0, rank - 1);
        long[] sizes = random.between(2, 6, rank);
        long[] updates = sizes.clone();
        updates[axis] = random.between(1, (int) sizes[axis]);
        Tensor indices = Tensor.zeros(DataType.INT64, updates);
        long inner = Arrays.stream(updates).skip(axis + 1).reduce(1, (a, b) -> a * b);
        for (long i = 0; i < indices.elements(); i++) {
            indices.setLong(i, i / inner % updates[axis]);
        }
        OnnxNetwork network = new OnnxNetwork(18);
        Agreement.check(network.output(network.node("ScatterElements",
                Map.of("axis", axis, "reduction", random.oneOf("none", "add", "mul", "max", "min")),
                network.input(random.floats(sizes)), network.input(indices), network.input(random.floats(updates)))));
    }

    @RepeatedTest(40)
    void slice(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        long[] sizes = random.between(1, 9, rank);
        long[] axes = random.someBelow(rank);
        long[] starts = new long[axes.length];
        long[] ends = new long[axes.length];
        long[] steps = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            int size = (int) sizes[(int) axes[i]];
            steps[i] = random.oneOf(1, 1, 2, -1, -3);
            starts[i] = steps[i] > 0 ? random.between(0, size - 1) : size - 1;
            ends[i] = steps[i] > 0 ? random.oneOf(Long.MAX_VALUE, starts[i] + 1) : random.oneOf(Long.MIN_VALUE, (long) -size - 1);
        }
        OnnxNetwork network = new OnnxNetwork(13);
        boolean constant = random.between(0, 3) > 0;
        String y = network.node("Slice", Map.of(), network.input(element(random, sizes)),
                network.value(Tensor.vector(starts), constant), network.value(Tensor.vector(ends), constant),
                network.value(Tensor.vector(axes), constant), network.value(Tensor.vector(steps), constant));
        Agreement.check(network.output(y));
    }

    @RepeatedTest(30)
    void pad(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        String mode = random.oneOf("constant", "reflect", "edge", "wrap");
        OnnxNetwork network = new OnnxNetwork(mode.equals("wrap") ? 19 : 13);
        String x = network.input(random.floats(random.between(3, 6, rank)));
        String pads = network.constant(Tensor.vector(random.between(mode.equals("constant") ? -1 : 0, 2, 2 * rank)));
        String y = mode.equals("constant") && random.coin()
                ? network.node("Pad", Map.of("mode", mode), x, pads, network.constant(Tensor.scalar(DataType.FLOAT32, 1.5)))
                : network.node("Pad", Map.of("mode", mode), x, pads);
        Agreement.check(network.output(y));
    }

    @RepeatedTest(30)
    void concatAndSplitAlongAnyAxis(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        int axis = random.between(-rank, rank - 1);
        long[] sizes = random.between(1, 6, rank);
        int parts = random.between(1, 4);
        OnnxNetwork network = new OnnxNetwork(13);
        String[] inputs = new String[parts];
        long[] lengths = random.between(1, 20, parts);
        for (int i = 0; i < parts; i++) {
            long[] part = sizes.clone();
            part[Math.floorMod(axis, rank)] = lengths[i];
            inputs[i] = network.input(random.floats(part));
        }
        String whole = network.node("Concat", Map.of("axis", axis), inputs);
        String[] turned = network.node("Split", parts, Map.of("axis", axis), network.node("Neg", Map.of(), whole),
                network.constant(Tensor.vector(lengths))).toArray(String[]::new);
        Agreement.check(network.output(whole).output(turned[parts - 1]).output(network.node("Relu", Map.of(), turned[0])));
    }

    @RepeatedTest(20)
    void transposeReshapeExpandTile(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        int rank = random.between(1, 4);
        long[] sizes = random.between(1, 5, rank);
        OnnxNetwork network = new OnnxNetwork(13);
        String x = network.input(element(random, sizes));
        String turned = network.node("Transpose", Map.of("perm", random.permutation(rank)), x);
        String flat = network.node("Reshape", Map.of(), turned, network.constant(Tensor.vector(1, -1)));
        String wide = network.node("Expand", Map.of(), flat, network.constant(Tensor.vector(2, 3, 1)));
        Agreement.check(network.output(turned)
                .output(network.node("Tile", Map.of(), wide, network.constant(Tensor.vector(1, 2, 1))))
                .output(network.node("Unsqueeze", Map.of(), flat, network.constant(Tensor.vector(0, -1)))));
    }

    @RepeatedTest(10)
    void oneHotTriluWhereNonZero(RepetitionInfo repetition) {
        RandomTensors random = new RandomTensors(repetition.getCurrentRepetition());
        OnnxNetwork network = new OnnxNetwork(14);
        String x = network.input(random.floats(random.between(1, 3), random.between(1, 6), random.between(1, 6)));
        String low = network.node("Trilu", Map.of("upper", random.between(0, 1)), x,
                network.constant(Tensor.scalar(DataType.INT64, random.between(-2, 2))));
        String positive = network.node("Greater", Map.of(), x, network.constant(Tensor.scalar(DataType.FLOAT32, 0)));
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("axis", random.between(-1, 1));
        String hot = network.node("OneHot", attributes, network.input(random.of(DataType.INT64, -4, 4, 3)),
                network.constant(Tensor.scalar(DataType.INT64, 4)), network.constant(Tensor.floats(new long[] {2}, 0.5f, 2)));
        Agreement.check(network.output(low).output(hot).output(network.node("Where", Map.of(), positive, x, low))
                .output(network.node("NonZero", Map.of(), positive)));
    }

    private static Tensor element(RandomTensors random, long[] sizes) {
        return random.of(random.oneOf(DataType.FLOAT32, DataType.FLOAT32, DataType.INT64, DataType.INT32, DataType.UINT8,
                DataType.FLOAT64, DataType.FLOAT16, DataType.BOOL), 0, 9, sizes);
    }
}
