package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Fused;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Selection;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import org.junit.jupiter.api.Test;

class FusePointwiseChainsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void mergesAChain() {
        String x = net.input("x", "N", 3);
        String y = net.input("y", 3);
        String product = net.add(new Activations.Tanh(), net.add(new Arithmetic.Sub(), x, y));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Sub(), net.filled(2), product)), new FusePointwiseChains());
        assertThat(Rewrites.only(after, Fused.PointwiseChain.class).program().instructions()).hasSize(3);
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void mergesATree() {
        String x = net.input("x", "N", 3);
        String left = net.add(new Mathematics.Exp(), net.add(new Arithmetic.Sub(), x, net.random(3)));
        String right = net.add(new Activations.Relu(), net.add(new Arithmetic.Sub(), net.random(3), x));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Sub(), left, right)), new FusePointwiseChains());
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void endsChainsThatAreTooLong() {
        String value = net.input("x", "N", 3);
        for (int i = 0; i < 100; i++) {
            value = net.add(new Activations.LeakyRelu(0.5f), value);
        }
        Graph after = Rewrites.fire(net.show(value), new FusePointwiseChains());
        assertThat(after.nodes()).hasSizeBetween(4, 7);
    }

    @Test
    void endsChainsWithManyInputs() {
        String value = net.input("x0", "N", 3);
        for (int i = 1; i < 16; i++) {
            value = net.add(new Arithmetic.Sub(), value, net.input("x" + i, "N", 3));
        }
        Graph after = Rewrites.fire(net.show(value), new FusePointwiseChains());
        assertThat(after.nodes()).allMatch(n -> n.inputs().size() <= 8).hasSizeLessThan(5);
    }

    @Test
    void leavesValuesThatBroadcastUp() {
        leaves(net.add(new Arithmetic.Add(), net.add(new Mathematics.Exp(), net.input("x", 3)), net.input("y", "N", 3)));
    }

    @Test
    void leavesSharedAndShownValues() {
        String y = net.add(new Mathematics.Exp(), net.input("x", "N", 3));
        String z = net.add(new Activations.Tanh(), net.input("z", "N", 3));
        leaves(net.add(new Arithmetic.Mul(), y, y), z, net.add(new Activations.Relu(), z));
    }

    @Test
    void leavesOtherTypes() {
        String x = net.input("x", "N", 3);
        String y = net.add(new Conversions.Cast(DataType.FLOAT64), net.add(new Mathematics.Exp(), x));
        String z = net.add(new Selection.Where(), net.input(DataType.BOOL, "c", "N", 3), net.add(new Activations.Tanh(), x), x);
        String integers = net.add(new Mathematics.Neg(), net.add(new Mathematics.Abs(), net.input(DataType.INT32, "i", "N", 3)));
        leaves(y, z, integers);
    }

    private void leaves(String... shown) {
        Rewrites.leave(net.show(shown), new FusePointwiseChains());
    }
}
