package io.firesteel.pass.simplify;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.MatMul;
import io.firesteel.op.RandomNumbers;
import io.firesteel.pass.Firings;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShareCommonSubexpressionsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void computesEqualChainsOnce() {
        String x = net.input("x", "N", 3);
        Graph after = Rewrites.run(net.show(net.add(new Arithmetic.Sub(), chain(x), chain(x)), chain(x)), new ShareCommonSubexpressions());
        assertThat(Rewrites.operators(after)).containsExactly("Relu", "Mul", "Exp", "Sub");
    }

    private String chain(String x) {
        return net.add(new Mathematics.Exp(), net.add(new Arithmetic.Mul(), net.add(new Activations.Relu(), x), net.filled(2)));
    }

    @Test
    void leavesWhatDiffers() {
        String x = net.input("x", "N", 3);
        Graph graph = net.show(net.add(new Arithmetic.Sub(), x, net.filled(2)), net.add(new Arithmetic.Sub(), x, net.filled(3)),
                net.add(new Arithmetic.Sub(), x, net.filled(2, 1)), net.add(new Arithmetic.Sub(), net.filled(2), x),
                net.add(new Activations.LeakyRelu(0.1f), x), net.add(new Activations.LeakyRelu(0.2f), x),
                net.add(new MatMul(), x, net.random(3, 3)), net.add(new MatMul(), x, net.random(3, 3)));
        Graph after = new ShareCommonSubexpressions().run(graph, new Firings());
        assertThat(after).isSameAs(graph);
    }

    @Test
    void leavesRandomNumbers() {
        String x = net.input("x", "N", 3);
        RandomNumbers.RandomNormalLike operator = new RandomNumbers.RandomNormalLike(DataType.FLOAT32, 0, 1, Optional.empty());
        Graph graph = net.show(net.add(new Arithmetic.Sub(), net.add(operator, x), net.add(operator, x)));
        assertThat(new ShareCommonSubexpressions().run(graph, new Firings())).isSameAs(graph);
    }
}
