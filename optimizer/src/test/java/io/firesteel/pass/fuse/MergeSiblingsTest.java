package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Movement;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergeSiblingsTest {

    private final TestNetwork net = new TestNetwork();

    @Test
    void mergesConvolutionsOfOneElement() {
        String x = net.input("x", "N", 3, 4, 4);
        Graph after = Rewrites.fire(net.show(net.add(TestLayers.unpadded(), x, net.random(2, 3, 1, 1), net.random(2)),
                net.add(TestLayers.unpadded(), x, net.random(5, 3, 1, 1), net.random(5))), new MergeSiblings());
        assertThat(Rewrites.operators(after)).containsExactly("Convolution", "Split");
        assertThat(Rewrites.only(after, Movement.Split.class)).isEqualTo(new Movement.Split(1, List.of(2L, 5L)));
    }

    @Test
    void mergesProductsWithEqualEpilogues() {
        String x = net.input("x", "N", 3, 4);
        Graph fused = Rewrites.fire(net.show(net.add(new Activations.Relu(), net.add(new MatMul(), x, net.random(4, 2))),
                net.add(new Activations.Relu(), net.add(new MatMul(), x, net.random(4, 3)))), new FuseEpilogue());
        Graph after = Rewrites.fire(fused, new MergeSiblings());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "Split");
    }

    @Test
    void mergesProductsWithTransposedWeights() {
        String x = net.input("x", "N", 4);
        MatMul product = new MatMul(false, true, PointwiseProgram.IDENTITY);
        Graph after = Rewrites.fire(net.show(net.add(product, x, net.random(2, 4)), net.add(product, x, net.random(3, 4))),
                new MergeSiblings());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "Split");
    }

    @Test
    void putsPartsInTheirReadersOrderAndPacksAttention() {
        String x = net.input("x", "N", "S", 4);
        String v = net.add(new MatMul(), x, net.random(4, 6));
        String k = net.add(new MatMul(), x, net.random(4, 6));
        String q = net.add(new MatMul(), x, net.random(4, 6));
        String y = net.add(new Fused.MultiHeadAttention(2, 0.5f, false), q, k, v, "");
        Graph after = Rewrites.fire(net.show(y), new MergeSiblings(), new PackAttention());
        assertThat(Rewrites.operators(after)).containsExactly("MatMul", "MultiHeadAttention");
        assertThat(Rewrites.only(after, Fused.MultiHeadAttention.class).packed()).isTrue();
    }

    @Test
    void leavesAttentionWhosePartsAreInAnotherOrder() {
        String x = net.input("x", "N", "S", 18);
        List<String> parts = net.add(new Movement.Split(2, List.of(6L, 6L, 6L)), 3, x);
        Rewrites.leave(net.show(net.add(new Fused.MultiHeadAttention(2, 0.5f, false), parts.get(1), parts.get(0), parts.get(2), "")),
                new PackAttention());
    }

    @Test
    void leavesLayersThatDiffer() {
        String x = net.input("x", "N", 4, 4, 4);
        leaves(net.add(TestLayers.unpadded(), x, net.random(2, 4, 1, 1)), net.add(TestLayers.unpadded(), x, net.random(2, 4, 3, 3)),
                net.add(TestLayers.unpadded(), x, net.random(2, 4, 1, 1), net.random(2)),
                net.add(TestLayers.convolution(2), x, net.random(2, 2, 3, 3)), net.add(new MatMul(), x, net.random(4, 3)));
    }

    @Test
    void leavesOtherInputsAndWeightsThatAreComputed() {
        String x = net.input("x", "N", 4);
        String w = net.input("w", 4, 2);
        leaves(net.add(new MatMul(), x, net.random(4, 2)), net.add(new MatMul(), net.input("y", "N", 4), net.random(4, 2)),
                net.add(new MatMul(), x, w));
    }

    @Test
    void leavesVectorsAndEmptyWeights() {
        String x = net.input("x", 4);
        String y = net.input("y", "N", 4);
        leaves(net.add(new MatMul(), x, net.random(4, 2)), net.add(new MatMul(), x, net.random(4, 3)),
                net.add(new MatMul(), y, net.random(4, 0)), net.add(new MatMul(), y, net.random(4, 0)));
    }

    private void leaves(String... shown) {
        Rewrites.leave(net.show(shown), new MergeSiblings());
    }
}
