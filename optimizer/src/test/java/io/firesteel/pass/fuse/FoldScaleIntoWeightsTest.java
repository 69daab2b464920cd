package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import org.junit.jupiter.api.Test;

class FoldScaleIntoWeightsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void scalesConvolutions() {
        String x = net.input("x", "N", 4, 4, 4);
        fires(net.add(TestLayers.convolution(2), x, net.random(6, 2, 3, 3), net.random(6)), net.random(6, 1, 1), "Convolution");
    }

    @Test
    void scalesTransposedConvolutions() {
        String x = net.input("x", "N", 2, 4, 4);
        fires(net.add(TestLayers.transposedConvolution(1), x, net.random(2, 3, 3, 3)), net.random(1, 3, 1, 1), "ConvolutionTranspose");
    }

    @Test
    void scalesProducts() {
        fires(net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3), net.random(3)), net.random(3), "MatMul");
    }

    @Test
    void scalesProductsWithTransposedWeights() {
        fires(net.add(new MatMul(false, true, PointwiseProgram.IDENTITY), net.input("x", "N", 4), net.random(3, 4)),
                net.random(3), "MatMul");
    }

    @Test
    void scalesByOneNumber() {
        fires(net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3)), net.filled(0.5, 1, 1), "MatMul");
    }

    @Test
    void leavesGroupedTransposedConvolutions() {
        String x = net.input("x", "N", 4, 4, 4);
        leaves(net.add(TestLayers.transposedConvolution(2), x, net.random(4, 3, 3, 3)), net.random(6, 1, 1));
    }

    @Test
    void leavesFactorsAlongOtherAxes() {
        leaves(net.add(new MatMul(), net.input("x", 3, 4), net.random(4, 2)), net.random(3, 1));
    }

    @Test
    void leavesWeightsThatAreComputed() {
        leaves(net.add(new MatMul(), net.input("x", "N", 4), net.input("w", 4, 2)), net.random(2));
    }

    @Test
    void leavesFactorsThatAreComputed() {
        leaves(net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 2)), net.input("factor", 2));
    }

    @Test
    void leavesBatchesOfWeights() {
        leaves(net.add(new MatMul(), net.input("x", 2, 3, 4), net.random(2, 4, 3)), net.random(3));
    }

    @Test
    void leavesWeightsThatWouldOverflow() {
        leaves(net.add(new MatMul(), net.input("x", "N", 4), net.filled(1e30, 4, 2)), net.filled(1e30, 2));
    }

    @Test
    void leavesResultsWithOtherReaders() {
        String y = net.add(new MatMul(), net.input("x", "N", 4), net.random(4, 3));
        Rewrites.leave(net.show(net.add(new Arithmetic.Mul(), y, net.random(3)), y), new FoldScaleIntoWeights());
    }

    private void fires(String value, String factor, String left) {
        Graph after = Rewrites.fire(net.show(net.add(new Arithmetic.Mul(), factor, value)), new FoldScaleIntoWeights());
        assertThat(Rewrites.operators(after)).containsExactly(left);
    }

    private void leaves(String value, String factor) {
        Rewrites.leave(net.show(net.add(new Arithmetic.Mul(), value, factor)), new FoldScaleIntoWeights());
    }
}
