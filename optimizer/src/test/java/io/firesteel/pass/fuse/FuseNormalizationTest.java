package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Conversions;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class FuseNormalizationTest {

    private final TestNetwork net = new TestNetwork();
    private final String bytes = net.input(DataType.UINT8, "image", "N", 3, 5, 4);

    private String cast() {
        return net.add(new Conversions.Cast(DataType.FLOAT32), bytes);
    }

    private String perChannel(float... values) {
        return net.constant(Tensor.floats(new long[] {values.length, 1, 1}, values));
    }

    private String convolve(String image) {
        return net.add(TestLayers.convolution(1), image, net.random(4, 3, 3, 3), net.random(4));
    }

    @Test
    void becomesAFactorAndAnOffsetOfEachChannel() {
        String scaled = net.add(new Arithmetic.Mul(), cast(), net.filled(0.5));
        String centred = net.add(new Arithmetic.Sub(), scaled, perChannel(1, 2, 3));
        String divided = net.add(new Arithmetic.Div(), centred, perChannel(0.25f, 0.5f, 1));
        Graph after = fire(convolve(net.add(new Arithmetic.Add(), net.filled(1, 1, 1, 1, 1), divided)));
        NormalizedConvolution fused = Rewrites.only(after, NormalizedConvolution.class);
        assertThat(fused.factors()).containsExactly(2f, 1f, 0.5f);
        assertThat(fused.offsets()).containsExactly(-3f, -3f, -2f);
    }

    @Test
    void readsChainsThatAreFusedAlready() {
        String scaled = net.add(new Arithmetic.Mul(), perChannel(0.1f, 0.2f, 0.3f), cast());
        Graph graph = net.show(convolve(net.add(new Arithmetic.Sub(), net.filled(2), scaled)));
        Graph chained = Rewrites.fire(graph, new FusePointwiseChains());
        NormalizedConvolution fused = Rewrites.only(Rewrites.fire(chained, new FuseNormalization()), NormalizedConvolution.class);
        assertThat(fused.factors().get(2)).isCloseTo(-0.3f, Offset.offset(1e-6f));
        assertThat(fused.offsets()).isEqualTo(List.of(2f, 2f, 2f));
    }

    @Test
    void bytesNeedNoMoreThanToBeConverted() {
        assertThat(Rewrites.only(fire(convolve(cast())), NormalizedConvolution.class).factors()).containsExactly(1f, 1f, 1f);
    }

    @Test
    void leavesWhatIsNoLineForEachChannel() {
        leaves(convolve(net.add(new Activations.Sigmoid(), cast())), convolve(net.add(new Arithmetic.Mul(), cast(), net.random(1, 4))),
                convolve(net.add(new Arithmetic.Div(), net.filled(2), net.add(new Arithmetic.Add(), cast(), net.filled(1)))));
    }

    @Test
    void leavesImagesWithOtherReadersTypesAndManyChannels() {
        String shared = cast();
        String longs = net.add(new Conversions.Cast(DataType.FLOAT32), net.input(DataType.INT64, "longs", "N", 3, 5, 4));
        String many = net.add(new Conversions.Cast(DataType.FLOAT32), net.input(DataType.UINT8, "many", "N", 8, 5, 4));
        leaves(convolve(shared), net.add(new Activations.Relu(), shared), convolve(longs),
                net.add(TestLayers.convolution(1), many, net.random(4, 8, 3, 3)));
    }

    private Graph fire(String result) {
        Graph after = Rewrites.fire(net.show(result), new FuseNormalization());
        assertThat(Rewrites.operators(after)).containsExactly("NormalizedConvolution");
        return after;
    }

    private void leaves(String... results) {
        Rewrites.leave(net.show(results), new FuseNormalization());
    }
}
