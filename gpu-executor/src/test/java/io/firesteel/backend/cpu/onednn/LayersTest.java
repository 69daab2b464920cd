package io.firesteel.backend.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayersTest {

    private static final ElementType F32 = ElementType.F32;

    @Test
    void multipliesMatricesWithBiasAndActivation() {
        int m = 5;
        int k = 33;
        int n = 17;
        NativeTensor a = NativeTensor.random(MemoryDesc.rowMajor(F32, m, k), 1);
        NativeTensor b = NativeTensor.random(MemoryDesc.rowMajor(F32, k, n), 2);
        NativeTensor bias = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, n), 3);
        NativeTensor scale = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, n), 4);
        NativeTensor y = new NativeTensor(MemoryDesc.rowMajor(F32, m, n));
        try (Primitive p = MatrixProducts.matmul(a.desc, MemoryDesc.any(F32, k, n), bias.desc, y.desc,
                List.of(new PostOp.Apply(Activation.of(Activation.Kind.TANH)),
                        new PostOp.Binary(BinaryFunction.MUL, scale.desc)))) {
            NativeTensor.run(p, a, b.as(p.desc(1)), bias, y, scale);
        }
        float[] expected = Loops.matmul(a.get(), b.get(), 1, m, k, n);
        float[] biases = bias.get();
        float[] scales = scale.get();
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (float) Math.tanh(expected[i] + biases[i % n]) * scales[i % n];
        }
        Loops.assertClose(y.get(), expected, 1e-5);
    }

    @Test
    void multipliesTransposedHeadsInPlace() {
        // Q and K as [batch, tokens, heads, size]: products per head without copying them apart.
        int batch = 2;
        int heads = 3;
        int tokens = 7;
        int size = 8;
        long[] byHead = {batch, heads, tokens, size};
        long[] strides = {(long) tokens * heads * size, size, (long) heads * size, 1};
        NativeTensor q = NativeTensor.random(MemoryDesc.strided(F32, byHead, strides), 1);
        NativeTensor k = NativeTensor.random(MemoryDesc.strided(F32, byHead, strides), 2);
        MemoryDesc kTransposed = MemoryDesc.strided(F32, new long[] {batch, heads, size, tokens},
                new long[] {strides[0], strides[1], 1, strides[2]});
        NativeTensor y = new NativeTensor(MemoryDesc.rowMajor(F32, batch, heads, tokens, tokens));
        try (Primitive p = MatrixProducts.matmul(q.desc, kTransposed, null, y.desc, List.of())) {
            NativeTensor.run(p, q, k, y);
        }
        float[] keys = k.get();
        float[] swapped = new float[keys.length];
        for (int i = 0; i < keys.length; i++) {
            int t = i / (tokens * size);
            swapped[t * tokens * size + i % size * tokens + i / size % tokens] = keys[i];
        }
        Loops.assertClose(y.get(), Loops.matmul(q.get(), swapped, batch * heads, tokens, size, tokens), 1e-5);
    }

    @ParameterizedTest
    @EnumSource(Poolings.Pool.class)
    void poolsOverTheBorder(Poolings.Pool pool) {
        int c = 18;
        int h = 7;
        NativeTensor x = NativeTensor.random(MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), 1, c, h, h), 1);
        // Kernel 3, stride 2, one before and two after: the last window hangs over, as in ceil mode.
        Window window = new Window(new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, new long[] {2, 2});
        int oh = (h + 3 - 3) / 2 + 1;
        NativeTensor y = new NativeTensor(MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), 1, c, oh, oh));
        try (Primitive p = Poolings.pool(pool, x.desc, y.desc, new long[] {3, 3}, window, List.of())) {
            NativeTensor.run(p, x, y);
        }
        float[] values = x.get();
        float[] expected = new float[c * oh * oh];
        for (int i = 0; i < expected.length; i++) {
            double sum = 0;
            double max = Double.NEGATIVE_INFINITY;
            int inside = 0;
            for (int r = 0; r < 3; r++) {
                for (int s = 0; s < 3; s++) {
                    int row = i / oh % oh * 2 - 1 + r;
                    int column = i % oh * 2 - 1 + s;
                    if (row >= 0 && row < h && column >= 0 && column < h) {
                        float v = values[(i / (oh * oh) * h + row) * h + column];
                        sum += v;
                        max = Math.max(max, v);
                        inside++;
                    }
                }
            }
            expected[i] = (float) switch (pool) {
                case MAX -> max;
                case AVERAGE -> sum / inside;
                case AVERAGE_WITH_PADDING -> sum / 9;
            };
        }
        Loops.assertClose(y.get(), expected, 1e-6);
    }

    @Test
    void reducesPlanesToTheirMean() {
        NativeTensor x = NativeTensor.random(MemoryDesc.rowMajor(F32, 2, 5, 3, 4), 1);
        NativeTensor y = new NativeTensor(MemoryDesc.rowMajor(F32, 2, 5, 1, 1));
        try (Primitive p = Poolings.reduce(Poolings.Reduction.MEAN, x.desc, y.desc, List.of())) {
            NativeTensor.run(p, x, y);
        }
        float[] values = x.get();
        float[] expected = new float[10];
        for (int i = 0; i < values.length; i++) {
            expected[i / 12] += values[i] / 12;
        }
        Loops.assertClose(y.get(), expected, 1e-6);
    }

    @Test
    void normalizesRows() {
        int rows = 6;
        int width = 37;
        NativeTensor x = NativeTensor.random(MemoryDesc.rowMajor(F32, rows, width), 1);
        NativeTensor scale = NativeTensor.random(MemoryDesc.rowMajor(F32, width), 2);
        NativeTensor shift = NativeTensor.random(MemoryDesc.rowMajor(F32, width), 3);
        NativeTensor y = new NativeTensor(x.desc);
        try (Primitive p = Normalizations.layerNormalization(x.desc, y.desc, 1e-5f, true, true, List.of())) {
            NativeTensor.run(p, x, y, scale, shift);
        }
        float[] expected = new float[rows * width];
        for (int r = 0; r < rows; r++) {
            float[] row = Arrays.copyOfRange(x.get(), r * width, (r + 1) * width);
            double mean = 0;
            for (float v : row) {
                mean += v / (double) width;
            }
            double variance = 0;
            for (float v : row) {
                variance += (v - mean) * (v - mean) / width;
            }
            for (int i = 0; i < width; i++) {
                expected[r * width + i] = (float) ((row[i] - mean) / Math.sqrt(variance + 1e-5) * scale.get()[i]
                        + shift.get()[i]);
            }
        }
        Loops.assertClose(y.get(), expected, 1e-5);

        try (Primitive p = Normalizations.softmax(false, x.desc, y.desc, 1, List.of())) {
            NativeTensor.run(p, x, y);
        }
        for (int r = 0; r < rows; r++) {
            double sum = 0;
            for (int i = 0; i < width; i++) {
                sum += Math.exp(x.get()[r * width + i]);
            }
            for (int i = 0; i < width; i++) {
                expected[r * width + i] = (float) (Math.exp(x.get()[r * width + i]) / sum);
            }
        }
        Loops.assertClose(y.get(), expected, 1e-6);
    }

    @Test
    void lstmReadsBothWays() {
        int steps = 5;
        int batch = 2;
        int input = 3;
        int hidden = 4;
        RecurrentLayers.Size size = new RecurrentLayers.Size(steps, batch, input, hidden);
        NativeTensor x = NativeTensor.random(MemoryDesc.rowMajor(F32, steps, batch, input), 1);
        NativeTensor state = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, 2, batch, hidden), 2);
        NativeTensor cell = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, 2, batch, hidden), 3);
        NativeTensor w = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, 2, input, 4, hidden), 4);
        NativeTensor r = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, 2, hidden, 4, hidden), 5);
        NativeTensor bias = NativeTensor.random(MemoryDesc.rowMajor(F32, 1, 2, 4, hidden), 6);
        NativeTensor y = new NativeTensor(MemoryDesc.rowMajor(F32, steps, batch, 2 * hidden));
        NativeTensor lastState = new NativeTensor(state.desc);
        NativeTensor lastCell = new NativeTensor(cell.desc);
        try (Primitive p = RecurrentLayers.lstm(F32, RecurrentLayers.Direction.BIDIRECTIONAL, size)) {
            NativeTensor.run(p, x, state, cell, w.as(p.desc(3)), r.as(p.desc(4)), bias, y, lastState, lastCell);
        }
        float[] expected = new float[steps * batch * 2 * hidden];
        float[] finalState = new float[2 * batch * hidden];
        float[] xs = x.get();
        float[] ws = w.get();
        float[] rs = r.get();
        float[] bs = bias.get();
        for (int d = 0; d < 2; d++) {
            for (int n = 0; n < batch; n++) {
                double[] hs = new double[hidden];
                double[] cs = new double[hidden];
                for (int i = 0; i < hidden; i++) {
                    hs[i] = state.get()[(d * batch + n) * hidden + i];
                    cs[i] = cell.get()[(d * batch + n) * hidden + i];
                }
                for (int s = 0; s < steps; s++) {
                    int t = d == 0 ? s : steps - 1 - s;
                    double[] next = new double[hidden];
                    for (int i = 0; i < hidden; i++) {
                        double[] gate = new double[4];
                        for (int g = 0; g < 4; g++) {
                            gate[g] = bs[(d * 4 + g) * hidden + i];
                            for (int j = 0; j < input; j++) {
                                gate[g] += (double) xs[(t * batch + n) * input + j] * ws[((d * input + j) * 4 + g) * hidden + i];
                            }
                            for (int j = 0; j < hidden; j++) {
                                gate[g] += hs[j] * rs[((d * hidden + j) * 4 + g) * hidden + i];
                            }
                        }
                        cs[i] = sigmoid(gate[1]) * cs[i] + sigmoid(gate[0]) * Math.tanh(gate[2]);
                        next[i] = sigmoid(gate[3]) * Math.tanh(cs[i]);
                    }
                    hs = next;
                    for (int i = 0; i < hidden; i++) {
                        expected[((t * batch + n) * 2 + d) * hidden + i] = (float) hs[i];
                        finalState[(d * batch + n) * hidden + i] = (float) hs[i];
                    }
                }
            }
        }
        Loops.assertClose(y.get(), expected, 1e-5);
        Loops.assertClose(lastState.get(), finalState, 1e-5);
    }

    @Test
    void everyActivationComputesWhatItSays() {
        MemoryDesc desc = MemoryDesc.rowMajor(F32, 101);
        float[] x = new float[101];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i - 50) / 10f;
        }
        for (Activation.Kind kind : Activation.Kind.values()) {
            Activation a = new Activation(kind, 0.3f, 0.7f);
            float[] in = x.clone();
            float[] expected = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                if (kind == Activation.Kind.SQRT || kind == Activation.Kind.LOG || kind == Activation.Kind.POW) {
                    in[i] = Math.abs(in[i]) + 0.1f;
                }
                expected[i] = (float) definition(kind, in[i]);
            }
            NativeTensor t = new NativeTensor(desc);
            t.set(in);
            try (Primitive p = Elementwise.unary(a, desc, desc, List.of())) {
                NativeTensor.run(p, t, t);
            }
            Loops.assertClose(t.get(), expected, 2e-5);
        }
    }

    private static double definition(Activation.Kind kind, double x) {
        double a = 0.3f;
        double b = 0.7f;
        return switch (kind) {
            case RELU -> x > 0 ? x : a * x;
            case TANH -> Math.tanh(x);
            case ELU -> x > 0 ? x : a * Math.expm1(x);
            case SQUARE -> x * x;
            case ABS -> Math.abs(x);
            case SQRT -> Math.sqrt(x);
            case LINEAR -> a * x + b;
            case SOFTPLUS -> Math.log1p(Math.exp(a * x)) / a;
            case SIGMOID -> sigmoid(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case GELU_ERF -> x * normalDistribution(x);
            case SWISH -> x * sigmoid(a * x);
            case CLIP -> Math.max(a, Math.min(b, x));
            case POW -> a * Math.pow(x, b);
            case MISH -> x * Math.tanh(Math.log1p(Math.exp(x)));
            case HARD_SWISH -> x * Math.max(0, Math.min(1, a * x + b));
            case HARD_SIGMOID -> Math.max(0, Math.min(1, a * x + b));
            case ROUND -> Math.rint(x);
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** Simpson's rule over the density. */
    private static double normalDistribution(double x) {
        int n = 2000;
        double sum = 0;
        for (int i = 0; i <= n; i++) {
            double t = x * i / n;
            sum += Math.exp(-t * t / 2) * (i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return 0.5 + sum * x / n / 3 / Math.sqrt(2 * Math.PI);
    }

    @Test
    void oneThreadPerCallingThread() throws InterruptedException {
        OneDnn.useOneThread();
        assertThat(OpenMpThreads.current()).isEqualTo(1);
        int[] other = new int[1];
        Thread thread = new Thread(() -> {
            OneDnn.useOneThread();
            other[0] = OpenMpThreads.current();
        });
        thread.start();
        thread.join();
        assertThat(other[0]).isEqualTo(1);
        assertThat(OneDnn.version()).startsWith("3.");
        assertThat(OneDnn.unavailableReason()).isEmpty();
    }

    @Test
    void onePrimitiveServesManyThreads() throws InterruptedException {
        MemoryDesc d = MemoryDesc.blockedChannels(F32, OneDnn.channelBlock(), 2, 32, 14, 14);
        NativeTensor x = NativeTensor.random(d, 1);
        NativeTensor w = NativeTensor.random(MemoryDesc.rowMajor(F32, 32, 32, 3, 3), 2);
        try (Primitive p = Convolutions.forward(d, MemoryDesc.any(F32, 32, 32, 3, 3), null, d, Window.uniform(2, 1, 1),
                List.of())) {
            NativeTensor weights = w.as(p.desc(1));
            NativeTensor expected = new NativeTensor(d);
            NativeTensor.run(p, x, weights, expected);
            float[] want = expected.get();
            int[] wrong = new int[4];
            Thread[] threads = new Thread[4];
            for (int i = 0; i < threads.length; i++) {
                int slot = i;
                threads[i] = new Thread(() -> {
                    OneDnn.useOneThread();
                    NativeTensor y = new NativeTensor(d);
                    for (int k = 0; k < 50; k++) {
                        NativeTensor.run(p, x, weights, y);
                        wrong[slot] += Arrays.equals(want, y.get()) ? 0 : 1;
                    }
                });
                threads[i].start();
            }
            for (Thread t : threads) {
                t.join();
            }
            assertThat(wrong).containsOnly(0);
        }
    }
}
