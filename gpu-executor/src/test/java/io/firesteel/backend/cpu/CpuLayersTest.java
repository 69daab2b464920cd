package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Normalizations;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Softmaxes;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpuLayersTest {

    private static PointwiseProgram program(int inputs, Instruction... instructions) {
        return new PointwiseProgram(inputs, List.of(instructions));
    }

    private static Instruction op(PointwiseOperator operator, Integer... operands) {
        return new Instruction(operator, List.of(operands));
    }

    private static Convolution convolution(long stride, long pad, long groups, PointwiseProgram epilogue) {
        return new Convolution(List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), groups, epilogue);
    }

    @Test
    void convolvesWithAResidualAndRelu() {
        PointwiseProgram epilogue = program(2, op(new Arithmetic.Add(), 0, 1), op(new Activations.Relu(), 2));
        List<String> tactics = LayerCheck.of(convolution(1, 1, 1, epilogue)).variable(2, 40, 9, 11).constant(36, 40, 3, 3)
                .constant(36).variable(2, 36, 9, 11).check();
        assertThat(tactics.get(0)).isEqualTo("winograd:4x4");
        assertThat(tactics).hasSizeGreaterThan(2);
        LayerCheck.of(convolution(2, 0, 1, epilogue)).variable(2, 16, 8, 8).constant(32, 16, 1, 1).absent()
                .variable(2, 32, 4, 4).check();
    }

    @Test
    void convolvesTheFirstLayerDepthwiseAndGrouped() {
        PointwiseProgram clip = program(1, op(new Activations.ClipTo(0, 6), 0));
        LayerCheck.of(convolution(2, 3, 1, clip)).variable(1, 3, 20, 20).constant(16, 3, 7, 7).constant(16).check();
        LayerCheck.of(convolution(1, 1, 24, clip)).variable(2, 24, 7, 7).constant(24, 1, 3, 3).constant(24).check();
        LayerCheck.of(convolution(1, 1, 2, clip)).variable(1, 32, 6, 6).constant(32, 16, 3, 3).constant(32).check();
        LayerCheck.of(convolution(1, 0, 1, program(2, op(new Arithmetic.Mul(), 1, 0), op(new Activations.Sigmoid(), 2))))
                .variable(1, 20, 6, 6).constant(20, 20, 1, 1).absent().constant(1, 20, 1, 1).check();
        LayerCheck.of(convolution(1, 0, 1, program(2, op(new Arithmetic.Sub(), 1, 0), op(new Activations.Swish(1), 2))))
                .variable(1, 20, 6, 6).constant(20, 20, 1, 1).absent().constant(Tensor.floats(new long[] {}, 3f)).check();
    }

    @Test
    void convolvesSlicesOfLargerTensors() {
        PointwiseProgram relu = program(1, op(new Activations.Relu(), 0));
        assertThat(LayerCheck.of(convolution(1, 1, 1, relu)).variable(3, 32, 9, 11).constant(48, 32, 3, 3).constant(48).check())
                .contains("winograd:4x4");
        LayerCheck.of(convolution(1, 0, 1, relu)).variable(2, 32, 5, 7).constant(64, 32, 1, 1).absent().check();
    }

    @Test
    void convolvesInBf16() {
        PointwiseProgram relu = program(1, op(new Activations.Relu(), 0));
        LayerCheck.of(convolution(1, 1, 1, relu)).variable(1, 32, 6, 6).constant(32, 32, 3, 3).constant(32)
                .precision(Precision.BF16, 2e-2).check();
        LayerCheck.of(new MatMul()).variable(5, 32).constant(32, 16).constant(16).precision(Precision.BF16, 2e-2).check();
    }

    @Test
    void transposedConvolutionTakesGroupsAndOutputPadding() {
        ConvolutionTranspose plain = new ConvolutionTranspose(List.of(2L, 2L), List.of(1L, 1L), List.of(0L, 0L), List.of(0L, 0L),
                List.of(0L, 0L), 1, PointwiseProgram.IDENTITY);
        LayerCheck.of(plain).variable(1, 16, 5, 6).constant(16, 8, 2, 2).constant(8).check();
        ConvolutionTranspose grouped = new ConvolutionTranspose(List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L),
                List.of(1L, 1L), List.of(1L, 1L), 2, PointwiseProgram.IDENTITY);
        LayerCheck.of(grouped).variable(1, 32, 5, 5).constant(32, 16, 3, 3).constant(32).check();
    }

    @Test
    void takesAResidualAfterAnotherFunction() {
        List<PointwiseProgram> epilogues = List.of(program(2, op(new Arithmetic.Sub(), 1, 0), op(new Activations.Relu(), 2)),
                program(2, op(new Activations.Relu(), 0), op(new Arithmetic.Add(), 2, 1)),
                program(2, op(new Activations.Sigmoid(), 0), op(new Arithmetic.Sub(), 1, 2)));
        for (PointwiseProgram epilogue : epilogues) {
            for (int kernel : new int[] {1, 3}) {
                LayerCheck.of(convolution(1, kernel / 2, 1, epilogue)).variable(2, 16, 5, 8).constant(16, 16, kernel, kernel)
                        .absent().variable(2, 16, 5, 8).check();
            }
            LayerCheck.of(new MatMul(false, false, epilogue)).variable(9, 24).constant(24, 33).absent().variable(9, 33).check();
        }
    }

    @Test
    void multipliesOneRowAndAppliesTheEpilogueApart() {
        PointwiseProgram tanh = program(1, op(new Activations.Gelu(false), 0), op(new Activations.Tanh(), 1));
        LayerCheck.of(new MatMul(false, false, tanh)).variable(1, 37).constant(37, 53).constant(53).check();
        LayerCheck.of(new MatMul(false, false, tanh)).variable(37).constant(37, 53).absent().check();
        PointwiseProgram residual = program(2, op(new Activations.Tanh(), 0), op(new Arithmetic.Add(), 2, 1));
        LayerCheck.of(new MatMul(false, false, residual)).variable(1, 37).constant(37, 53).absent().variable(1, 53).check();
    }

    @Test
    void multipliesByConstantsWithEpilogue() {
        PointwiseProgram gelu = program(1, op(new Activations.Gelu(false), 0));
        LayerCheck.of(new MatMul(false, false, gelu)).variable(2, 5, 24).constant(24, 33).constant(33).check();
        PointwiseProgram residual = program(2, op(new Arithmetic.Add(), 1, 0));
        LayerCheck.of(new MatMul(false, true, residual)).variable(2, 5, 24).constant(33, 24).constant(33)
                .variable(2, 5, 33).check();
        LayerCheck.of(new MatMul(true, false, gelu)).variable(24, 5).constant(24, 7).check();
        LayerCheck.of(new MatMul(false, false, program(2, op(new Arithmetic.Add(), 0, 1)))).variable(2, 5, 8).constant(8, 6)
                .absent().constant(1, 5, 6).check();
        LayerCheck.of(new MatMul()).variable(24).constant(24, 7).check();
        LayerCheck.of(new MatMul()).variable(3, 24).constant(24).check();
    }

    @Test
    void multipliesVariablesWithBroadcastBatches() {
        LayerCheck.of(new MatMul()).variable(2, 3, 5, 8).variable(2, 3, 8, 6).check();
        LayerCheck.of(new MatMul(false, true, PointwiseProgram.IDENTITY)).variable(2, 3, 5, 8).variable(2, 3, 6, 8).check();
        LayerCheck.of(new MatMul()).variable(2, 3, 5, 8).variable(1, 3, 8, 6).check();
        LayerCheck.of(new MatMul()).variable(5, 8).variable(4, 8, 6).check();
        LayerCheck.of(new MatMul(true, false, program(2, op(new Arithmetic.Mul(), 0, 1)))).variable(2, 8, 5).variable(2, 8, 6)
                .absent().constant(Tensor.floats(new long[] {1}, 0.125f)).check();
    }

    @Test
    void poolsAsOnnxCountsWindows() {
        PoolingWindow window = new PoolingWindow(List.of(3L, 3L), List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L),
                List.of(1L, 1L), false);
        PoolingWindow ceil = new PoolingWindow(List.of(3L, 3L), List.of(2L, 2L), List.of(1L, 1L), List.of(0L, 0L),
                List.of(0L, 0L), true);
        LayerCheck.of(new Pooling.MaxPool(window, false)).variable(2, 20, 8, 9).check();
        LayerCheck.of(new Pooling.MaxPool(ceil, false)).variable(2, 16, 8, 8).check();
        LayerCheck.of(new Pooling.AveragePool(window, true)).variable(2, 16, 8, 9).check();
        LayerCheck.of(new Pooling.AveragePool(window, false)).variable(2, 16, 8, 9).check();
        LayerCheck.of(new Pooling.AveragePool(ceil, false)).variable(2, 16, 8, 8).check();
        LayerCheck.of(new Pooling.GlobalAveragePool()).variable(2, 20, 7, 7).check();
        LayerCheck.of(new Pooling.GlobalMaxPool()).variable(2, 20, 7, 7).check();
        assertThat(LayerCheck.of(new Pooling.AveragePool(ceil, true)).variable(2, 16, 8, 8).refusal()).contains("padding");
    }

    @Test
    void normalizes() {
        LayerCheck.of(new Softmaxes.Softmax(-1)).variable(2, 3, 17).check();
        LayerCheck.of(new Softmaxes.LogSoftmax(-1)).variable(2, 3, 17).check();
        LayerCheck.of(new Softmaxes.Softmax(1)).variable(2, 19, 4, 4).check();
        LayerCheck.of(new Normalizations.LayerNormalization(-1, 1e-5f)).variable(2, 3, 48).constant(48).constant(48).check();
        LayerCheck.of(new Normalizations.LayerNormalization(-1, 1e-5f)).variable(2, 3, 48).constant(48).absent().check();
        LayerCheck.of(new Normalizations.LayerNormalization(1, 1e-5f)).variable(2, 3, 16).constant(3, 16).constant(3, 16).check();
    }

    @Test
    void computesPointwiseChains() {
        PointwiseProgram chain = program(3, op(new Arithmetic.Add(), 0, 1), op(new Activations.Tanh(), 3),
                op(new Arithmetic.Mul(), 4, 2));
        LayerCheck.of(new Fused.PointwiseChain(chain)).variable(2, 18, 5, 5).variable(2, 18, 5, 5).constant(1, 18, 1, 1).check();
        LayerCheck.of(new Fused.PointwiseChain(chain)).variable(2, 18, 7).variable(7).variable(2, 18, 7).check();
        PointwiseProgram fork = program(2, op(new Arithmetic.Add(), 0, 1), op(new Activations.Sigmoid(), 2),
                op(new Activations.Tanh(), 2), op(new Arithmetic.Sub(), 4, 3), op(new Arithmetic.Div(), 5, 1));
        LayerCheck.of(new Fused.PointwiseChain(fork)).variable(2, 18, 5, 5)
                .constant(Tensor.floats(new long[] {}, 2.5f)).check();
        LayerCheck.of(new Arithmetic.Sub()).constant(Tensor.floats(new long[] {}, 1f)).variable(2, 3, 4).check();
        LayerCheck.of(new Arithmetic.Div()).constant(Tensor.floats(new long[] {1}, 1f))
                .variable(Tensor.floats(new long[] {3}, 2f, -4f, 0.5f)).check();
        LayerCheck.of(new Activations.Relu()).variable(2, 20, 3, 3).check();
        LayerCheck.of(new Arithmetic.Mul()).variable(2, 20, 3, 3).variable(2, 20, 1, 1).check();
        LayerCheck.of(new Arithmetic.Sub()).variable(3, 1).variable(2, 3, 5).check();
    }

    @Test
    void attendsOverHeads() {
        LayerCheck.of(new Fused.MultiHeadAttention(3, 0.25f, true)).variable(2, 7, 72).check();
        LayerCheck.of(new Fused.MultiHeadAttention(3, 0.25f, false)).variable(2, 7, 24).variable(2, 5, 24).variable(2, 5, 48)
                .check();
        LayerCheck.of(new Fused.MultiHeadAttention(3, 0.25f, true)).variable(2, 7, 72).absent().absent()
                .variable(2, 1, 7, 7).check();
        LayerCheck.of(new Fused.MultiHeadAttention(3, 0.25f, true)).variable(2, 7, 72).absent().absent()
                .constant(1, 1, 1, 7).check();
        LayerCheck.of(new Fused.MultiHeadAttention(3, 0.25f, true)).variable(2, 7, 72).precision(Precision.BF16, 2e-2).check();
        Tensor mask = Tensor.zeros(DataType.FLOAT32, 2, 1, 1, 7);
        for (int i = 0; i < 9; i++) {
            mask.setDouble(i, Double.NEGATIVE_INFINITY);
        }
        for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
            LayerCheck.of(new Fused.MultiHeadAttention(3, 0.25f, true, true)).variable(2, 7, 72).absent().absent().variable(mask)
                    .precision(precision, 2e-2).check();
        }
    }

    @Test
    void leavesConvolutionsOfPaddingAloneToOthers() {
        Convolution beside = new Convolution(List.of(3L, 3L), List.of(3L, 3L), List.of(1L, 1L), List.of(1L, 1L), 2, PointwiseProgram.IDENTITY);
        assertThat(LayerCheck.of(beside).variable(1, 8, 8, 2).constant(4, 4, 1, 1).constant(4).refusal()).contains("no window reaches");
        LayerCheck.of(beside).variable(1, 8, 8, 3).constant(4, 4, 1, 1).constant(4).check();
    }

    @Test
    void saysWhatItCannotCompute() {
        assertThat(LayerCheck.of(new Softmaxes.Hardmax(-1)).variable(2, 3).refusal()).contains("Hardmax");
    }
}
