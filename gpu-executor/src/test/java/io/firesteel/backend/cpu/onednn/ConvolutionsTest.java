package io.firesteel.backend.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvolutionsTest {

    private static final ElementType F32 = ElementType.F32;

    @ParameterizedTest
    @CsvSource({
        // N, C, H, W, O, groups, kernel, stride, dilation, padBegin, padEnd
        "1, 3, 9, 7, 5, 1, 3, 1, 1, 1, 1",
        "2, 16, 8, 8, 32, 1, 3, 2, 1, 1, 1",
        "2, 32, 7, 9, 32, 32, 3, 1, 1, 1, 1",
        "1, 20, 6, 5, 20, 20, 5, 2, 1, 2, 1",
        "1, 8, 10, 10, 12, 4, 3, 1, 2, 2, 2",
        "3, 17, 5, 5, 19, 1, 1, 1, 1, 0, 0",
        "1, 3, 14, 14, 8, 1, 7, 2, 1, 2, 3",
    })
    void agreesWithTheLoopInEveryFastLayout(int n, int c, int h, int w, int o, int groups, int k, int stride, int dilation,
            int padBegin, int padEnd) {
        Window window = new Window(new long[] {stride, stride}, new long[] {dilation, dilation},
                new long[] {padBegin, padBegin}, new long[] {padEnd, padEnd});
        int reach = (k - 1) * dilation + 1;
        int oh = (h + padBegin + padEnd - reach) / stride + 1;
        int ow = (w + padBegin + padEnd - reach) / stride + 1;
        MemoryDesc plainSource = MemoryDesc.rowMajor(F32, n, c, h, w);
        long[] weightDims = groups == 1 ? new long[] {o, c, k, k} : new long[] {groups, o / groups, c / groups, k, k};
        NativeTensor weights = NativeTensor.random(MemoryDesc.rowMajor(F32, weightDims), 2);
        NativeTensor bias = NativeTensor.random(MemoryDesc.rowMajor(F32, o), 3);
        float[] residual = NativeTensor.randomValues(MemoryDesc.rowMajor(F32, n, o, oh, ow), 4);
        float[] source = NativeTensor.randomValues(plainSource, 1);
        float[] expected = Loops.convolution(source, weights.get(), bias.get(), n, c, h, w, o, groups, k, stride, dilation,
                padBegin, oh, ow);
        for (int i = 0; i < expected.length; i++) {
            expected[i] = Math.max(0, expected[i] + residual[i]);
        }
        int fast = 0;
        for (List<String> layout : List.of(List.of("blocked", "blocked"), List.of("last", "last"), List.of("plain", "blocked"))) {
            MemoryDesc from = layout(layout.get(0), n, c, h, w);
            MemoryDesc to = layout(layout.get(1), n, o, oh, ow);
            try (Primitive p = Convolutions.forward(from, MemoryDesc.any(F32, weightDims), bias.desc, to, window,
                    List.of(new PostOp.Sum(), new PostOp.Apply(Activation.relu())))) {
                NativeTensor x = new NativeTensor(from);
                x.set(source);
                NativeTensor y = new NativeTensor(to);
                y.set(residual);
                NativeTensor.run(p, x, weights.as(p.desc(1)), bias, y);
                Loops.assertClose(y.get(), expected, 1e-5);
                fast++;
            } catch (FiresteelException e) {
                assertThat(e.code()).isEqualTo("CPU_UNSUPPORTED");
            }
        }
        assertThat(fast).isPositive();
    }

    @Test
    void convolvesInOneAndThreeDimensions() {
        NativeTensor w1 = NativeTensor.random(MemoryDesc.rowMajor(F32, 4, 3, 1, 5), 1);
        NativeTensor x1 = NativeTensor.random(MemoryDesc.rowMajor(F32, 2, 3, 1, 11), 2);
        float[] flat = Loops.convolutionWithoutPadding(x1.get(), w1.get(), 2, 3, 1, 11, 4, 1, 5);
        NativeTensor y1 = new NativeTensor(MemoryDesc.channelsLast(F32, 2, 4, 7));
        try (Primitive p = Convolutions.forward(MemoryDesc.channelsLast(F32, 2, 3, 11), MemoryDesc.any(F32, 4, 3, 5), null,
                y1.desc, Window.uniform(1, 1, 0), List.of())) {
            NativeTensor x = new NativeTensor(p.desc(0));
            x.set(x1.get());
            NativeTensor w = new NativeTensor(p.desc(1));
            w.set(w1.get());
            NativeTensor.run(p, x, w, y1);
        }
        Loops.assertClose(y1.get(), flat, 1e-5);

        // A kernel one deep over a volume is the same convolution on each plane.
        NativeTensor w3 = NativeTensor.random(MemoryDesc.rowMajor(F32, 16, 16, 1, 3, 3), 3);
        NativeTensor x3 = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, 16, 1, 6, 6), 4);
        float[] volume = Loops.convolutionWithoutPadding(x3.get(), w3.get(), 1, 16, 6, 6, 16, 3, 3);
        NativeTensor y3 = new NativeTensor(MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), 1, 16, 1, 4, 4));
        try (Primitive p = Convolutions.forward(MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), 1, 16, 1, 6, 6),
                MemoryDesc.any(F32, 16, 16, 1, 3, 3), null, y3.desc, Window.uniform(3, 1, 0), List.of())) {
            NativeTensor.run(p, x3.as(p.desc(0)), w3.as(p.desc(1)), y3);
        }
        Loops.assertClose(y3.get(), volume, 1e-5);
    }

    @ParameterizedTest
    @CsvSource({"1, 5, 4, 6, 3, 2, 2, 0", "2, 16, 5, 5, 16, 3, 2, 1", "1, 32, 3, 4, 16, 4, 1, 2"})
    void transposedConvolutionScattersEveryElement(int n, int c, int h, int w, int o, int k, int stride, int pad) {
        int oh = (h - 1) * stride + k - 2 * pad;
        int ow = (w - 1) * stride + k - 2 * pad;
        NativeTensor x = NativeTensor.random(MemoryDesc.rowMajor(F32, n, c, h, w), 1);
        NativeTensor weights = NativeTensor.random(MemoryDesc.rowMajor(F32, o, c, k, k), 2);
        NativeTensor bias = NativeTensor.random(MemoryDesc.rowMajor(F32, o), 3);
        float[] expected = Loops.transposedConvolution(x.get(), weights.get(), bias.get(), n, c, h, w, o, k, stride, pad);
        for (String layout : List.of("blocked", "last")) {
            try (Primitive p = Convolutions.transposed(layout(layout, n, c, h, w), MemoryDesc.any(F32, o, c, k, k), bias.desc,
                    layout(layout, n, o, oh, ow), Window.uniform(2, stride, pad), List.of())) {
                NativeTensor y = new NativeTensor(p.desc(3));
                NativeTensor.run(p, x.as(p.desc(0)), weights.as(p.desc(1)), bias, y);
                Loops.assertClose(y.get(), expected, 1e-5);
            }
        }
    }

    @Test
    void writesAChannelSliceOfABlockedTensor() {
        int block = OneDnn.channelBlock();
        MemoryDesc whole = MemoryDesc.blockedChannels(F32, block, 2, 3L * block, 5, 5);
        MemoryDesc slice = whole.slice(new long[] {0, block, 0, 0}, new long[] {2, block, 5, 5});
        NativeTensor x = NativeTensor.random(MemoryDesc.blockedChannels(F32, block, 2, block, 5, 5), 1);
        NativeTensor w = NativeTensor.random(MemoryDesc.rowMajor(F32, block, block, 1, 1), 2);
        NativeTensor y = new NativeTensor(whole);
        try (Primitive p = Convolutions.forward(x.desc, MemoryDesc.any(F32, block, block, 1, 1), null, slice,
                Window.uniform(2, 1, 0), List.of())) {
            NativeTensor.run(p, x, w.as(p.desc(1)), y);
        }
        float[] part = Loops.convolutionWithoutPadding(x.get(), w.get(), 2, block, 5, 5, block, 1, 1);
        float[] expected = new float[2 * 3 * block * 25];
        for (int n = 0; n < 2; n++) {
            System.arraycopy(part, n * block * 25, expected, (n * 3 + 1) * block * 25, block * 25);
        }
        Loops.assertClose(y.get(), expected, 1e-5);
    }

    @Test
    void weightsKeepTheirLayoutOverBatchSizes() {
        MemoryDesc weights = MemoryDesc.any(F32, 32, 32, 3, 3);
        try (Primitive one = Convolutions.forward(layout("blocked", 1, 32, 14, 14), weights, null,
                layout("blocked", 1, 32, 14, 14), Window.uniform(2, 1, 1), List.of());
                Primitive eight = Convolutions.forward(layout("blocked", 8, 32, 14, 14), weights, null,
                        layout("blocked", 8, 32, 14, 14), Window.uniform(2, 1, 1), List.of())) {
            assertThat(one.desc(1)).isEqualTo(eight.desc(1));
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        assertThatThrownBy(() -> Convolutions.forward(layout("blocked", 1, 16, 8, 8), MemoryDesc.any(F32, 16, 32, 3, 3), null,
                layout("blocked", 1, 16, 8, 8), Window.uniform(2, 1, 1), List.of()))
                .isInstanceOf(FiresteelException.class)
                .hasMessageContaining("convolution");
    }

    private static MemoryDesc layout(String name, long n, long c, long h, long w) {
        return name.equals("last") ? MemoryDesc.channelsLast(F32, n, c, h, w)
                : name.equals("plain") ? MemoryDesc.rowMajor(F32, n, c, h, w)
                : MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), n, c, h, w);
    }
}
