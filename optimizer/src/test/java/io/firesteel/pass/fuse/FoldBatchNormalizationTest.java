package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Convolution;
import io.firesteel.op.Normalizations;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import org.junit.jupiter.api.Test;

class FoldBatchNormalizationTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void becomesAProductAndASum() {
        String x = net.input("x", "N", 3, 4, 4);
        Graph after = Rewrites.fire(net.show(normalize(x, net.positive(3))), new FoldBatchNormalization());
        assertThat(Rewrites.operators(after)).containsExactly("Mul", "Add");
    }

    @Test
    void foldsIntoTheConvolutionBefore() {
        String x = net.input("x", "N", 2, 4, 4);
        String y = net.add(TestLayers.convolution(1), x, net.random(3, 2, 3, 3));
        Graph after = Rewrites.fire(net.show(normalize(y, net.positive(3))), new FoldBatchNormalization(), new FoldScaleIntoWeights(),
                new FoldBias());
        assertThat(Rewrites.only(after, Convolution.class).epilogue().isIdentity()).isTrue();
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void leavesStatisticsThatAreComputed() {
        String x = net.input("x", "N", 3, 4, 4);
        Rewrites.leave(net.show(normalize(x, net.input("variance", 3))), new FoldBatchNormalization());
    }

    @Test
    void leavesParametersOfDifferentLengths() {
        String x = net.input("x", "N", "C", 4);
        Rewrites.leave(net.show(normalize(x, net.positive(2))), new FoldBatchNormalization());
    }

    private String normalize(String x, String variance) {
        return net.add(new Normalizations.BatchNormalization(1e-5f), x, net.random(3), net.random(3), net.random(3), variance);
    }
}
