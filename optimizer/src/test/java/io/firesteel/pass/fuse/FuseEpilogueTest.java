package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.Mathematics;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import org.junit.jupiter.api.Test;

class FuseEpilogueTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void appendsAResidualAndAnActivation() {
        String x = net.input("x", "N", 3, 4, 4);
        String y = net.add(TestLayers.convolution(1), x, net.random(3, 3, 3, 3), net.random(3));
        Graph after = Rewrites.fire(net.show(net.add(new Activations.Relu(), net.add(new Arithmetic.Add(), x, y))), new FuseEpilogue());
        assertThat(Rewrites.operators(after)).containsExactly("Convolution");
        assertThat(Rewrites.only(after, Convolution.class).epilogue().instructions()).extracting(i -> i.operator().name())
                .containsExactly("Add", "Relu");
    }

    @Test
    void keepsTheOrderOfOperands() {
        String x = net.input("x", "N", 4);
        String y = net.add(new MatMul(), x, net.random(4, 4));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Sub(), net.add(new Arithmetic.Sub(), x, y), net.random(4))),
                new FuseEpilogue());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul");
    }

    @Test
    void fusesTheLayerEvenIfTheOtherOperandComesLater() {
        String x = net.input("x", "N", 4);
        String y = net.add(new MatMul(), x, net.random(4, 4));
        String later = net.add(new Mathematics.Exp(), x);
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Sub(), later, y)), new FuseEpilogue());
        assertThat(Rewrites.operators(after)).containsExactly("Exp", "MatMul");
    }

    @Test
    void ofTwoLayersTheLaterOneCarriesTheSum() {
        String x = net.input("x", "N", 4);
        String a = net.add(new MatMul(), x, net.random(4, 3));
        String b = net.add(new MatMul(), x, net.random(4, 3));
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Add(), b, a)), new FuseEpilogue());
        assertThat(after.nodes()).hasSize(2);
        assertThat(after.nodes().get(1).inputs()).contains(a);
    }

    @Test
    void leavesOperandsThatBroadcastTheResultUp() {
        String y = net.add(new MatMul(), net.input("x", 1, 4), net.random(4, 3));
        leaves(net.add(new Arithmetic.Add(), y, net.random(2, 3)));
    }

    @Test
    void leavesResultsWithOtherReaders() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3));
        leaves(net.add(new Activations.Relu(), y), net.add(new Mathematics.Exp(), y));
    }

    @Test
    void leavesResultsThatAreShown() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3));
        leaves(net.add(new Activations.Relu(), y), y);
    }

    @Test
    void leavesAResultReadTwice() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3));
        leaves(net.add(new Arithmetic.Mul(), y, y));
    }

    @Test
    void leavesConversions() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3));
        leaves(net.add(new Conversions.Cast(DataType.FLOAT16), y));
    }

    @Test
    void leavesIntegersAndDoubles() {
        String y = net.add(new MatMul(), net.input(DataType.INT32, "x", "N", 4), net.input(DataType.INT32, "w", 4, 3));
        String z = net.add(new MatMul(), net.input(DataType.FLOAT64, "a", "N", 4), net.input(DataType.FLOAT64, "b", 4, 3));
        leaves(net.add(new Mathematics.Neg(), y), net.add(new Mathematics.Neg(), z));
    }

    private void leaves(String... shown) {
        Rewrites.leave(net.show(shown), new FuseEpilogue());
    }
}
