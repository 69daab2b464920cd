package io.firesteel.backend.cpu.winograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.firesteel.backend.cpu.onednn.OneDnn;
import io.firesteel.memory.NativeMemory;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WinogradConvolutionTest {

    @ParameterizedTest
    @CsvSource({
        // N, C, H, W, O, padTop, padLeft, outputHeight, outputWidth, residual, lower
        "2, 16, 8, 8, 16, 1, 1, 8, 8, false, 0",
        "1, 32, 7, 9, 48, 1, 1, 7, 9, true, 0",
        "3, 16, 6, 6, 16, 0, 0, 4, 4, false, -1e9",
        "1, 16, 5, 13, 16, 2, 0, 7, 13, true, -1e9",
        "1, 144, 5, 6, 32, 1, 1, 5, 6, false, -1e9",
        "2, 80, 6, 6, 96, 1, 1, 6, 6, false, -1e9",
    })
    void agreesWithTheSum(int n, int c, int h, int w, int o, int padTop, int padLeft, int oh, int ow, boolean residual,
            float lower) {
        OneDnn.useOneThread();
        Random random = new Random(7);
        float[] x = values(random, n * c * h * w);
        float[] weights = values(random, o * c * 9);
        float[] bias = values(random, o);
        float[] former = values(random, n * o * oh * ow);
        int block = OneDnn.channelBlock();
        try (WinogradConvolution convolution = new WinogradConvolution(
                new WinogradConvolution.Geometry(n, c, h, w, o, padTop, padLeft, oh, ow),
                new WinogradConvolution.Epilogue(residual, lower, Float.POSITIVE_INFINITY));
                NativeMemory source = blocked(x, n, c, h * w, block);
                NativeMemory destination = blocked(former, n, o, oh * ow, block);
                NativeMemory scratch = NativeMemory.allocate(convolution.scratchBytes());
                NativeMemory kernel = NativeMemory.allocate(4L * weights.length);
                NativeMemory prepared = NativeMemory.allocate(convolution.weightsDesc().bytes())) {
            NativeMemory.view(kernel.address(), (int) kernel.bytes()).asFloatBuffer().put(weights);
            convolution.prepareWeights(kernel.address(), prepared.address());
            try (WinogradConvolution.Run run = convolution.bind(scratch.address(), source.address(), prepared.address(), bias,
                    destination.address())) {
                run.run();
            }
            for (int i = 0; i < former.length; i++) {
                int q = i % ow;
                int p = i / ow % oh;
                int out = i / (ow * oh) % o;
                int image = i / (ow * oh * o);
                double sum = bias[out] + (residual ? former[i] : 0);
                for (int k = 0; k < c * 9; k++) {
                    int row = p - padTop + k % 9 / 3;
                    int column = q - padLeft + k % 3;
                    if (row >= 0 && row < h && column >= 0 && column < w) {
                        sum += (double) x[((image * c + k / 9) * h + row) * w + column] * weights[out * c * 9 + k];
                    }
                }
                int at = (((image * (o / block) + out / block) * oh + p) * ow + q) * block + out % block;
                float actual = NativeMemory.view(destination.address(), (int) destination.bytes()).getFloat(at * 4);
                assertThat((double) actual).isCloseTo(Math.max(sum, lower), offset(2e-4));
            }
        }
    }

    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    private static NativeMemory blocked(float[] values, int n, int c, int plane, int block) {
        NativeMemory memory = NativeMemory.allocate(4L * values.length);
        var view = NativeMemory.view(memory.address(), 4 * values.length);
        for (int i = 0; i < values.length; i++) {
            int channel = i / plane % c;
            int at = ((i / (plane * c) * (c / block) + channel / block) * plane + i % plane) * block + channel % block;
            view.putFloat(at * 4, values[i]);
        }
        return memory;
    }
}
