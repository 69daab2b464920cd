package io.firesteel.tests.oracle;

import io.firesteel.tensor.DataType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class RecurrentOracleTest {

    @RepeatedTest(25)
    void lstm(RepetitionInfo repetition) {
        check("LSTM", 4, new RandomTensors(repetition.getCurrentRepetition()));
    }

    @RepeatedTest(25)
    void gru(RepetitionInfo repetition) {
        check("GRU", 3, new RandomTensors(repetition.getCurrentRepetition()));
    }

    @RepeatedTest(15)
    void rnn(RepetitionInfo repetition) {
        check("RNN", 1, new RandomTensors(repetition.getCurrentRepetition()));
    }

    private static void check(String type, int gates, RandomTensors random) {
        String direction = random.oneOf("forward", "reverse", "bidirectional");
        long directions = direction.equals("bidirectional") ? 2 : 1;
        long steps = random.between(1, 7);
        long batch = random.between(1, 4);
        long features = random.between(1, 20);
        long hidden = random.oneOf(1, 5, 16);
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("hidden_size", hidden);
        attributes.put("direction", direction);
        if (type.equals("GRU")) {
            attributes.put("linear_before_reset", random.between(0, 1));
        }
        OnnxNetwork network = new OnnxNetwork(14);
        boolean constant = random.between(0, 3) > 0;
        String x = network.input(random.floats(steps, batch, features));
        String w = network.value(random.floatsIn(-0.5, 0.5, directions, gates * hidden, features), constant);
        String r = network.value(random.floatsIn(-0.5, 0.5, directions, gates * hidden, hidden), constant);
        String b = random.coin() ? network.value(random.floats(directions, 2 * gates * hidden), constant) : "";
        String lengths = random.between(0, 2) == 0 ? network.input(random.of(DataType.INT32, 1, steps + 1, batch)) : "";
        String h = random.coin() ? network.input(random.floats(directions, batch, hidden)) : "";
        if (type.equals("LSTM")) {
            String c = random.coin() ? network.input(random.floats(directions, batch, hidden)) : "";
            String p = random.between(0, 2) == 0 ? network.constant(random.floats(directions, 3 * hidden)) : "";
            Agreement.check(network.outputs(network.node(type, 3, attributes, x, w, r, b, lengths, h, c, p)));
        } else {
            Agreement.check(network.outputs(network.node(type, 2, attributes, x, w, r, b, lengths, h)));
        }
    }
}
