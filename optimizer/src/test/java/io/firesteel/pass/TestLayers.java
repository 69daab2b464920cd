package io.firesteel.pass;

import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PoolingWindow;
import java.util.Collections;
import java.util.List;

/** Operators with the attributes that tests of rules use most. */
public final class TestLayers {

    private TestLayers() { }

    /** A two-dimensional convolution with stride 1, padded by 1. */
    public static Convolution convolution(long groups) {
        return new Convolution(pair(1), pair(1), pair(1), pair(1), groups, PointwiseProgram.IDENTITY);
    }

    /** A two-dimensional convolution with stride 1, not padded. */
    public static Convolution unpadded() {
        return new Convolution(pair(1), pair(1), pair(0), pair(0), 1, PointwiseProgram.IDENTITY);
    }

    /** A two-dimensional transposed convolution with stride 2. */
    public static ConvolutionTranspose transposedConvolution(long groups) {
        return new ConvolutionTranspose(pair(2), pair(1), pair(0), pair(0), pair(0), groups, PointwiseProgram.IDENTITY);
    }

    /** A two-dimensional pooling window. */
    public static PoolingWindow window(long kernel, long stride, long pad) {
        return new PoolingWindow(pair(kernel), pair(stride), pair(1), pair(pad), pair(pad), false);
    }

    private static List<Long> pair(long value) {
        return Collections.nCopies(2, value);
    }
}
