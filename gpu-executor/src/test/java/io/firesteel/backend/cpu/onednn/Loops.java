package io.firesteel.backend.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;

/** The definitions, as plain loops in double precision over row-major arrays. */
final class Loops {

    private Loops() {}

    static float[] convolution(float[] x, float[] w, float[] bias, int n, int c, int h, int width, int o, int groups, int k,
            int stride, int dilation, int pad, int oh, int ow) {
        return convolution(x, w, bias, n, c, h, width, o, groups, k, k, stride, dilation, pad, oh, ow);
    }

    static float[] convolutionWithoutPadding(float[] x, float[] w, int n, int c, int h, int width, int o, int kh, int kw) {
        return convolution(x, w, new float[o], n, c, h, width, o, 1, kh, kw, 1, 1, 0, h - kh + 1, width - kw + 1);
    }

    private static float[] convolution(float[] x, float[] w, float[] bias, int n, int c, int h, int width, int o, int groups,
            int kh, int kw, int stride, int dilation, int pad, int oh, int ow) {
        float[] y = new float[n * o * oh * ow];
        int inGroup = c / groups;
        for (int i = 0; i < y.length; i++) {
            int q = i % ow;
            int p = i / ow % oh;
            int out = i / (ow * oh) % o;
            int image = i / (ow * oh * o);
            double sum = bias[out];
            for (int ci = 0; ci < inGroup; ci++) {
                int channel = out / (o / groups) * inGroup + ci;
                for (int r = 0; r < kh; r++) {
                    for (int s = 0; s < kw; s++) {
                        int row = p * stride - pad + r * dilation;
                        int column = q * stride - pad + s * dilation;
                        if (row >= 0 && row < h && column >= 0 && column < width) {
                            sum += (double) x[((image * c + channel) * h + row) * width + column]
                                    * w[((out * inGroup + ci) * kh + r) * kw + s];
                        }
                    }
                }
            }
            y[i] = (float) sum;
        }
        return y;
    }

    static float[] transposedConvolution(float[] x, float[] w, float[] bias, int n, int c, int h, int width, int o, int k,
            int stride, int pad) {
        int oh = (h - 1) * stride + k - 2 * pad;
        int ow = (width - 1) * stride + k - 2 * pad;
        double[] y = new double[n * o * oh * ow];
        for (int i = 0; i < y.length; i++) {
            y[i] = bias[i / (oh * ow) % o];
        }
        for (int i = 0; i < x.length; i++) {
            int q = i % width;
            int p = i / width % h;
            int channel = i / (width * h) % c;
            int image = i / (width * h * c);
            for (int out = 0; out < o; out++) {
                for (int r = 0; r < k; r++) {
                    for (int s = 0; s < k; s++) {
                        int row = p * stride + r - pad;
                        int column = q * stride + s - pad;
                        if (row >= 0 && row < oh && column >= 0 && column < ow) {
                            y[((image * o + out) * oh + row) * ow + column] +=
                                    (double) x[i] * w[((out * c + channel) * k + r) * k + s];
                        }
                    }
                }
            }
        }
        float[] result = new float[y.length];
        for (int i = 0; i < y.length; i++) {
            result[i] = (float) y[i];
        }
        return result;
    }

    /** [batch, M, K] x [batch, K, N]. */
    static float[] matmul(float[] a, float[] b, int batch, int m, int k, int n) {
        float[] y = new float[batch * m * n];
        for (int i = 0; i < y.length; i++) {
            int column = i % n;
            int row = i / n % m;
            int t = i / (n * m);
            double sum = 0;
            for (int l = 0; l < k; l++) {
                sum += (double) a[(t * m + row) * k + l] * b[(t * k + l) * n + column];
            }
            y[i] = (float) sum;
        }
        return y;
    }

    /** Fails where an element is further off than {@code bound} times the larger of 1 and the largest expected value. */
    static void assertClose(float[] actual, float[] expected, double bound) {
        assertThat(actual).hasSameSizeAs(expected);
        double scale = 1;
        for (float e : expected) {
            scale = Math.max(scale, Math.abs(e));
        }
        for (int i = 0; i < actual.length; i++) {
            double error = Math.abs((double) actual[i] - expected[i]);
            if (!(error <= bound * scale)) {
                throw new AssertionError("element " + i + " is " + actual[i] + ", expected " + expected[i]);
            }
        }
    }
}
