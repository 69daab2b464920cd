package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.Mathematics;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import org.junit.jupiter.api.Test;

class FoldBiasTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void becomesTheBiasOfAConvolution() {
        String x = net.input("x", "N", 2, 4, 4);
        String y = net.add(TestLayers.convolution(1), x, net.random(3, 2, 3, 3));
        fires(net.show(net.add(new Arithmetic.Add(), net.random(1, 3, 1, 1), y)), "Convolution");
    }

    @Test
    void addsToTheBiasOfATransposedConvolution() {
        String x = net.input("x", "N", 2, 4, 4);
        String y = net.add(TestLayers.transposedConvolution(1), x, net.random(2, 3, 3, 3), net.random(3));
        fires(net.show(net.add(new Arithmetic.Add(), y, net.random(3, 1, 1))), "ConvolutionTranspose");
    }

    @Test
    void becomesTheBiasOfAProduct() {
        String x = net.input("x", "N", 4);
        String y = net.add(new MatMul(), x, net.random(4, 3));
        fires(net.show(net.add(new Arithmetic.Add(), y, net.random(3))), "MatMul");
    }

    @Test
    void repeatsAConstantOfOneElement() {
        String x = net.input("x", "N", 4);
        fires(net.show(net.add(new Arithmetic.Add(), net.add(new MatMul(), x, net.random(4, 3)), net.filled(2))), "MatMul");
    }

    @Test
    void foldsEverySumInTurn() {
        String x = net.input("x", "N", 4);
        String y = net.add(new MatMul(), x, net.random(4, 3));
        fires(net.show(net.add(new Arithmetic.Add(), net.add(new Arithmetic.Add(), y, net.random(3)), net.random(1, 3))), "MatMul");
    }

    @Test
    void leavesOtherAxesAndShapes() {
        String x = net.input("x", "N", 2, 4, 4);
        leaves(sum(net.add(TestLayers.convolution(1), x, net.random(3, 2, 3, 3)), net.random(4)),
                sum(net.add(new MatMul(), net.input("a", 3, 4), net.random(4, 2)), net.random(3, 1)),
                sum(net.add(new MatMul(), net.input("b", 3, 4), net.random(4, 1)), net.random(5)),
                sum(net.add(new MatMul(), net.input("c", 3, 4), net.random(4, 2)), net.random(1, 1, 2)));
    }

    @Test
    void leavesProductsWithAVector() {
        leaves(sum(net.add(new MatMul(), net.input("a", 3, 4), net.random(4)), net.random(3)));
    }

    @Test
    void leavesResultsWithOtherReaders() {
        String x = net.input("x", "N", 4);
        String y = net.add(new MatMul(), x, net.random(4, 3));
        Rewrites.leave(net.show(net.add(new Arithmetic.Add(), y, net.random(3)), net.add(new Mathematics.Exp(), y)), new FoldBias());
    }

    @Test
    void leavesResultsThatAreShown() {
        String x = net.input("x", "N", 4);
        String y = net.add(new MatMul(), x, net.random(4, 3));
        Rewrites.leave(net.show(net.add(new Arithmetic.Add(), y, net.random(3)), y), new FoldBias());
    }

    @Test
    void leavesIntegers() {
        String x = net.input(DataType.INT32, "x", "N", 4);
        String y = net.add(new MatMul(), x, net.constant(Tensor.zeros(DataType.INT32, 4, 3)));
        leaves(sum(y, net.constant(Tensor.zeros(DataType.INT32, 3))));
    }

    @Test
    void leavesABiasThatIsComputed() {
        String x = net.input("x", "N", 2, 4, 4);
        leaves(sum(net.add(TestLayers.convolution(1), x, net.random(3, 2, 3, 3), net.input("bias", 3)), net.random(3, 1, 1)));
    }

    private static void fires(Graph graph, String left) {
        assertThat(Rewrites.operators(Rewrites.fire(graph, new FoldBias()))).containsExactly(left);
    }

    private void leaves(String... sums) {
        Rewrites.leave(net.show(sums), new FoldBias());
    }

    private String sum(String value, String operand) {
        return net.add(new Arithmetic.Add(), value, operand);
    }
}
