package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.Activations;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConvolutionEvaluatorsTest {

    private static final PointwiseProgram NONE = PointwiseProgram.IDENTITY;

    @Test
    void groupedDilatedStridedPaddedConvolutionIsTheSumOverItsWindow() {
        Tensor x = OneNode.random(1, 2, 4, 9, 8);
        Tensor w = OneNode.random(2, 6, 2, 3, 2);
        Tensor bias = OneNode.random(3, 6);
        Convolution op = new Convolution(List.of(2L, 1L), List.of(1L, 3L), List.of(1L, 0L), List.of(2L, 1L), 2, NONE);
        Tensor y = OneNode.run(op, x, w, bias);
        assertThat(y.sizes()).containsExactly(2, 6, 5, 6);
        for (int n = 0; n < 2; n++) {
            for (int m = 0; m < 6; m++) {
                for (int i = 0; i < 5; i++) {
                    for (int j = 0; j < 6; j++) {
                        double sum = bias.getDouble(m);
                        for (int c = 0; c < 2; c++) {
                            for (int k = 0; k < 6; k++) {
                                int row = i * 2 - 1 + k / 2;
                                int column = j + k % 2 * 3;
                                if (row >= 0 && row < 9 && column < 8) {
                                    sum += w.getDouble((m * 2 + c) * 6 + k)
                                            * x.getDouble(((n * 4 + m / 3 * 2 + c) * 9 + row) * 8 + column);
                                }
                            }
                        }
                        assertThat(y.getDouble(((n * 6 + m) * 5 + i) * 6 + j)).isCloseTo(sum, within(1e-5));
                    }
                }
            }
        }
    }

    @Test
    void convolutionsOfOneAndThreeSpatialAxes() {
        Tensor line = Tensor.floats(new long[] {1, 1, 4}, 1, 2, 3, 4);
        Convolution one = new Convolution(List.of(1L), List.of(1L), List.of(1L), List.of(0L), 1, NONE);
        assertThat(OneNode.run(one, line, Tensor.floats(new long[] {1, 1, 2}, 1, 10)).toFloats()).containsExactly(10, 21, 32, 43);
        List<Long> ones = List.of(1L, 1L, 1L);
        List<Long> zeros = List.of(0L, 0L, 0L);
        Convolution three = new Convolution(ones, ones, zeros, zeros, 1, NONE);
        Tensor cube = Tensor.floats(new long[] {1, 1, 2, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8);
        Tensor kernel = Tensor.floats(new long[] {1, 1, 2, 1, 2}, 1, 10, 100, 1000);
        assertThat(OneNode.run(three, cube, kernel).toFloats()).containsExactly(6521, 8743);
    }

    @Test
    void epilogueFollowsTheBias() {
        PointwiseProgram relu = new PointwiseProgram(1, List.of(new Instruction(new Activations.Relu(), List.of(0))));
        Convolution op = new Convolution(List.of(1L), List.of(1L), List.of(0L), List.of(0L), 1, relu);
        Tensor y = OneNode.run(op, Tensor.floats(new long[] {1, 1, 3}, 1, 2, 3), Tensor.floats(new long[] {1, 1, 1}, 1),
                Tensor.floats(new long[] {1}, -2));
        assertThat(y.toFloats()).containsExactly(0, 0, 1);
    }

    @Test
    void transposedConvolutionIsTheAdjointOfConvolution() {
        List<Long> strides = List.of(2L, 3L);
        List<Long> dilations = List.of(2L, 1L);
        List<Long> begin = List.of(1L, 0L);
        List<Long> end = List.of(0L, 1L);
        Tensor w = OneNode.random(1, 6, 2, 3, 3);
        Tensor x = OneNode.random(2, 1, 4, 10, 11);
        Convolution convolution = new Convolution(strides, dilations, begin, end, 2, NONE);
        Tensor y = OneNode.run(convolution, x, w);
        Tensor v = OneNode.random(3, y.sizes());
        ConvolutionTranspose transpose = new ConvolutionTranspose(strides, dilations, begin, end, List.of(0L, 0L), 2, NONE);
        Tensor back = OneNode.run(transpose, v, w);
        assertThat(back.sizes()).containsExactly(1, 4, 10, 11);
        assertThat(dot(back, x)).isCloseTo(dot(y, v), within(1e-3));
    }

    @Test
    void outputPaddingExtendsTheResult() {
        ConvolutionTranspose op = new ConvolutionTranspose(List.of(2L), List.of(1L), List.of(0L), List.of(0L), List.of(1L), 1, NONE);
        Tensor y = OneNode.run(op, Tensor.floats(new long[] {1, 1, 2}, 1, 2), Tensor.floats(new long[] {1, 1, 2}, 1, 10),
                Tensor.floats(new long[] {1}, 0.5f));
        assertThat(y.toFloats()).containsExactly(1.5f, 10.5f, 2.5f, 20.5f, 0.5f);
    }

    private static double dot(Tensor a, Tensor b) {
        double sum = 0;
        for (long i = 0; i < a.elements(); i++) {
            sum += a.getDouble(i) * b.getDouble(i);
        }
        return sum;
    }
}
