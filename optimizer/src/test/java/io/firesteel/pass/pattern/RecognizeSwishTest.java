package io.firesteel.pass.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import org.junit.jupiter.api.Test;

class RecognizeSwishTest {

    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", 3);

    @Test
    void recognisesSwish() {
        Graph after = Rewrites.fire(net.show(gated(net.add(new Activations.Sigmoid(), x), x)), new RecognizeSwish());
        assertThat(Rewrites.only(after, Activations.Swish.class).alpha()).isEqualTo(1);
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void recognisesAScaledGate() {
        String scaled = net.add(new Arithmetic.Mul(), x, net.filled(1.702));
        Graph after = Rewrites.fire(net.show(gated(x, net.add(new Activations.Sigmoid(), scaled))), new RecognizeSwish());
        assertThat(Rewrites.only(after, Activations.Swish.class).alpha()).isEqualTo(1.702f);
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void recognisesHardSwish() {
        String gate = net.add(new Activations.HardSigmoid(1 / 6f, 0.5f), x);
        Graph after = Rewrites.fire(net.show(gated(x, gate)), new RecognizeSwish());
        assertThat(Rewrites.operators(after)).containsExactly("HardSwish");
    }

    @Test
    void recognisesHardSwishInPrimitives() {
        String clipped = net.add(new Activations.ClipTo(0, 6), net.add(new Arithmetic.Add(), x, net.filled(3)));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Mul(), gated(x, clipped), net.filled(1 / 6.0))), new RecognizeSwish());
        assertThat(Rewrites.operators(after)).containsExactly("HardSwish");
    }

    @Test
    void leavesOtherGates() {
        String y = net.input("y", "N", 3);
        String clipped = net.add(new Activations.ClipTo(0, 5), net.add(new Arithmetic.Add(), x, net.filled(3)));
        Rewrites.leave(net.show(gated(y, net.add(new Activations.Sigmoid(), x)), gated(x, net.add(new Activations.Tanh(), x)),
                gated(x, net.add(new Activations.HardSigmoid(0.2f, 0.5f), x)),
                gated(x, net.add(new Activations.HardSigmoid(1 / 6f, 0.4f), x)),
                net.add(new Arithmetic.Mul(), gated(x, clipped), net.filled(1 / 6.0)),
                gated(x, net.add(new Activations.Sigmoid(), net.add(new Arithmetic.Mul(), x, net.filled(2, 1, 1, 1))))),
                new RecognizeSwish());
    }

    private String gated(String a, String b) {
        return net.add(new Arithmetic.Mul(), a, b);
    }
}
