package io.firesteel.pass.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.graph.Graph;
import io.firesteel.op.Convolution;
import io.firesteel.op.Pooling;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Rewrites;
import io.firesteel.pass.TestLayers;
import io.firesteel.pass.TestNetwork;
import java.util.List;
import org.junit.jupiter.api.Test;

class FoldPaddingTest {

    private final TestNetwork net = new TestNetwork();
    private final String x = net.input("x", "N", 2, 4, 4);

    @Test
    void convolutionsPadThemselves() {
        Graph after = Rewrites.fire(net.show(convolve(pad(0, 0, 1, 2))), new FoldPadding());
        assertThat(Rewrites.operators(after)).containsExactly("Convolution");
        assertThat(Rewrites.only(after, Convolution.class).padsBegin()).containsExactly(2L, 3L);
    }

    @Test
    void poolingCountsThePadding() {
        Graph after = Rewrites.fire(net.show(net.add(new Pooling.AveragePool(TestLayers.window(3, 1, 0), false), pad(0, 0, 1, 0))),
                new FoldPadding());
        assertThat(Rewrites.only(after, Pooling.AveragePool.class).countIncludePad()).isTrue();
        assertThat(after.nodes()).hasSize(1);
    }

    @Test
    void leavesOtherValuesModesAndAxes() {
        String valued = net.add(padding(Slicing.PadMode.CONSTANT, 0, 0, 1, 1), x, net.filled(1));
        leaves(convolve(valued), convolve(net.add(padding(Slicing.PadMode.EDGE, 0, 0, 1, 1), x)),
                net.add(TestLayers.convolution(1), pad(0, 1, 0, 0), net.random(3, 4, 3, 3)), convolve(pad(0, 0, 1, -1)),
                convolve(net.add(padding(Slicing.PadMode.CONSTANT, 0, 0, 1, 1), x, net.input("value"))));
    }

    @Test
    void leavesPaddingWithOtherReaders() {
        String padded = pad(0, 0, 1, 1);
        leaves(convolve(padded), padded);
    }

    @Test
    void leavesPoolingWhoseMeanWouldChange() {
        leaves(net.add(new Pooling.AveragePool(TestLayers.window(3, 1, 1), false), pad(0, 0, 1, 1)),
                net.add(new Pooling.AveragePool(TestLayers.window(2, 1, 0), true), pad(0, 0, 2, 2)),
                net.add(new Pooling.MaxPool(TestLayers.window(3, 1, 0), false), pad(0, 0, 1, 1)));
    }

    private static Slicing.Pad padding(Slicing.PadMode mode, long... sizes) {
        List<Long> pads = List.of(sizes[0], sizes[1], sizes[2], sizes[3]);
        return new Slicing.Pad(mode, pads, pads);
    }

    private String pad(long... sizes) {
        return net.add(padding(Slicing.PadMode.CONSTANT, sizes), x);
    }

    private String convolve(String value) {
        return net.add(TestLayers.convolution(1), value, net.random(3, 2, 3, 3));
    }

    private void leaves(String... shown) {
        Rewrites.leave(net.show(shown), new FoldPadding());
    }
}
