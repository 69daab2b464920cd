package io.firesteel.backend.cuda.kernel;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Comparisons;
import io.firesteel.op.Conversions;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.Fused;
import io.firesteel.op.Indexing;
import io.firesteel.op.MatMul;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Movement;
import io.firesteel.op.Normalizations;
import io.firesteel.op.Ordering;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Rearrangement;
import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.op.Reductions;
import io.firesteel.op.Resampling;
import io.firesteel.op.Selection;
import io.firesteel.op.Slicing;
import io.firesteel.op.Softmaxes;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Generated kernels against the reference evaluator, on a GPU. */
@Tag("gpu")
class GeneratedKernelsTest {

    private static GeneratedLayerCheck of(io.firesteel.op.Operator operator) {
        return GeneratedLayerCheck.of(operator);
    }

    private static Tensor longs(long... values) {
        Tensor tensor = Tensor.zeros(DataType.INT64, values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }

    private static Tensor variances(int count) {
        Tensor tensor = Tensor.zeros(DataType.FLOAT32, count);
        for (int i = 0; i < count; i++) {
            tensor.setDouble(i, i + 1);
        }
        return tensor;
    }

    @Test
    void unaryFunctions() {
        for (PointwiseOperator operator : List.of(new Activations.Relu(), new Activations.Sigmoid(), new Activations.Gelu(false),
                new Activations.Gelu(true), new Activations.HardSwish(), new Activations.Mish(), new Activations.ClipTo(-0.5, 0.25),
                new Activations.Selu(1.6f, 1.05f), new Mathematics.Erf(), new Mathematics.Exp(), new Mathematics.Round(),
                new Activations.Swish(1), new Activations.Tanh())) {
            of(operator).variable(2, 5, 7, 3).loose(4).check();
        }
    }

    @Test
    void broadcasting() {
        of(new Arithmetic.Add()).variable(2, 8, 5, 3).variable(2, 8, 5, 3).check();
        of(new Arithmetic.Mul()).variable(2, 16, 4, 4).variable(2, 16, 1, 1).check();
        of(new Arithmetic.Sub()).variable(3, 1, 7).variable(4, 1).check();
        of(new Arithmetic.Div()).constant(8, 1, 1).variable(Tensor.scalar(DataType.FLOAT32, 2)).check();
        of(new Activations.PRelu()).variable(2, 6, 9).constant(6, 1).check();
        of(new Arithmetic.Mod(false)).variable(GeneratedLayerCheck.random(DataType.INT32, 1, 40))
                .constant(Tensor.scalar(DataType.INT32, 3)).check();
        of(new Comparisons.Less()).variable(3, 5, 6).variable(3, 1, 6).check();
        of(new Selection.Where()).variable(GeneratedLayerCheck.random(DataType.BOOL, 1, 4, 1, 9)).variable(4, 7, 9).variable(1, 7, 1).check();
        for (DataType to : List.of(DataType.INT8, DataType.INT64, DataType.BOOL, DataType.FLOAT16, DataType.FLOAT64)) {
            of(new Conversions.Cast(to)).variable(3, 50).check(Precision.FP32);
        }
    }

    @Test
    void chains() {
        PointwiseProgram program = new PointwiseProgram(3, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
                new Instruction(new Activations.Swish(1), List.of(3)), new Instruction(new Arithmetic.Mul(), List.of(4, 2))));
        of(new Fused.PointwiseChain(program)).variable(2, 24, 6, 6).constant(24, 1, 1).variable(2, 24, 6, 6).check();
        of(new Fused.PointwiseChain(program)).variable(4, 10, 64).variable(64).constant(1, 10, 1).check();
    }

    @Test
    void movement() {
        for (long[] sizes : new long[][] {{3, 40, 50}, {2, 64, 128}, {1, 5, 3}}) {
            of(new Movement.Transpose(List.of(0L, 2L, 1L))).variable(sizes).check();
            of(new Movement.Transpose(List.of(2L, 0L, 1L))).variable(sizes).check();
        }
        of(new Movement.Transpose(List.of(0L, 2L, 3L, 1L))).variable(2, 33, 14, 15).check();
        of(new Movement.Transpose(List.of(1L, 0L))).variable(GeneratedLayerCheck.random(DataType.INT64, 2, 70, 33)).check();
        of(new Slicing.Slice(List.of(1L, -1L), List.of(1L, -1L), List.of(9L, Long.MIN_VALUE), List.of(2L, -1L))).variable(2, 9, 6).check();
        of(new Movement.Concat(1)).variable(2, 3, 5, 5).variable(2, 8, 5, 5).variable(2, 1, 5, 5).check();
        of(new Movement.Concat(-1)).variable(4, 6).variable(4, 10).check();
        GeneratedLayerCheck.of(new Movement.Split(1, List.of(3L, 5L)), 2).variable(2, 8, 6).check();
        of(new Movement.Expand(List.of(4L, 3L, 5L))).variable(3, 1).check();
        of(new Movement.Tile(List.of(2L, 1L, 3L))).variable(2, 3, 4).check();
        of(new Rearrangement.DepthToSpace(2, true)).variable(2, 12, 3, 4).check();
        of(new Rearrangement.DepthToSpace(2, false)).variable(2, 12, 3, 4).check();
        of(new Rearrangement.SpaceToDepth(2)).variable(2, 3, 4, 6).check();
        for (Slicing.PadMode mode : Slicing.PadMode.values()) {
            of(new Slicing.Pad(mode, List.of(0L, 2L, 1L), List.of(1L, 0L, 2L))).variable(3, 4, 5).check();
        }
    }

    @Test
    void indexing() {
        of(new Indexing.Gather(0)).constant(50, 24).variable(longs(3, 49, -1, 0)).check();
        of(new Indexing.Gather(1)).variable(3, 9, 5).variable(longs(8, -2)).check();
        of(new Indexing.GatherElements(1)).variable(4, 3).variable(Tensor.zeros(DataType.INT64, 4, 2)).check();
        Tensor places = Tensor.zeros(DataType.INT64, 3, 2);
        places.setLong(0, 1);
        places.setLong(3, -1);
        of(new Indexing.GatherND(0)).variable(4, 5, 6).variable(places).check();
        of(new Indexing.ScatterND(Indexing.ScatterReduction.ADD)).variable(4, 5, 6).constant(places).variable(3, 6).check(Precision.FP32);
        of(new Indexing.ScatterElements(1, Indexing.ScatterReduction.NONE)).variable(4, 3)
                .constant(Tensor.zeros(DataType.INT64, 4, 1)).variable(4, 1).check();
    }

    @Test
    void reductions() {
        for (long[] sizes : new long[][] {{2, 32, 14, 14}, {3, 5, 7, 1}, {1, 512, 9, 9}}) {
            of(new Reductions.ReduceMean(List.of(2L, 3L), true, false)).variable(sizes).check();
            of(new Reductions.ReduceSum(List.of(1L), false, false)).variable(sizes).loose(8).check();
            of(new Reductions.ReduceMax(List.of(0L, 3L), false, false)).variable(sizes).check();
            of(new Reductions.ReduceLogSumExp(List.of(-1L), true, false)).variable(sizes).check();
            of(new Reductions.ReduceL2(List.of(), false, false)).variable(sizes).loose(4).check();
            of(new Pooling.GlobalAveragePool()).variable(sizes).check();
        }
        of(new Reductions.ReduceMean(List.of(-1L), true, false)).variable(3, 40000).loose(4).check();
        of(new Reductions.ReduceProd(List.of(0L), false, false)).variable(GeneratedLayerCheck.random(DataType.INT64, 3, 6, 4)).check();
        of(new Ordering.ArgMax(1, false, false)).variable(3, 70, 5).check();
        of(new Ordering.ArgMin(-1, true, true)).variable(3, 700).check();
        GeneratedLayerCheck.of(new Ordering.TopK(-1, true, true), 2).variable(4, 50).constant(longs(7)).check(Precision.FP32);
    }

    @Test
    void normalizations() {
        for (long[] sizes : new long[][] {{2, 12, 197}, {4, 768}, {3, 5, 64}, {2, 3, 5000}, {1, 50000}}) {
            of(new Softmaxes.Softmax(-1)).variable(sizes).check();
            of(new Softmaxes.LogSoftmax(-1)).variable(sizes).loose(4).check();
            long width = sizes[sizes.length - 1];
            of(new Normalizations.LayerNormalization(-1, 1e-5f)).variable(sizes).constant(width).constant(width).loose(4).check();
            of(new Normalizations.RMSNormalization(-1, 1e-5f)).variable(sizes).constant(width).loose(4).check(Precision.FP32);
        }
        of(new Softmaxes.Softmax(1)).variable(2, 21, 30, 30).check();
        GeneratedLayerCheck.of(new Normalizations.LayerNormalization(1, 1e-5f), 3).variable(4, 6, 16).constant(6, 16).constant(16).loose(4)
                .check(Precision.FP32);
        of(new Normalizations.InstanceNormalization(1e-5f)).variable(2, 6, 9, 9).constant(6).constant(6).loose(8).check();
        of(new Normalizations.GroupNormalization(3, 1e-5f)).variable(2, 6, 9, 9).constant(6).constant(6).loose(8).check();
        of(new Normalizations.LRN(3, 1e-4f, 0.75f, 1)).variable(2, 6, 4, 4).loose(4).check();
        of(new Normalizations.BatchNormalization(1e-3f)).variable(2, 6, 4, 4).constant(6).constant(6).constant(6)
                .constant(variances(6)).loose(4).check();
    }

    private static PoolingWindow window(long kernel, long stride, long pad, boolean ceil) {
        return new PoolingWindow(List.of(kernel, kernel), List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), ceil);
    }

    @Test
    void poolingAndResizing() {
        for (long channels : new long[] {3, 8, 64}) {
            of(new Pooling.MaxPool(window(3, 2, 1, false), false)).variable(2, channels, 13, 13).check();
            of(new Pooling.AveragePool(window(3, 2, 1, true), true)).variable(2, channels, 12, 12).check();
            of(new Pooling.AveragePool(window(3, 1, 1, false), false)).variable(2, channels, 7, 7).check();
        }
        for (long[] sizes : new long[][] {{2, 24, 14, 15}, {3, 16, 7, 7}}) {
            of(new Pooling.MaxPool(window(3, 1, 1, false), false)).variable(sizes).check();
            of(new Pooling.MaxPool(window(2, 2, 0, true), false)).variable(sizes).check();
            of(new Pooling.MaxPool(window(3, 2, 0, true), false)).variable(sizes).check();
        }
        GeneratedLayerCheck.of(new Pooling.MaxPool(window(2, 2, 0, false), true), 2).variable(1, 2, 6, 6).check(Precision.FP32);
        for (Resampling.Mode mode : Resampling.Mode.values()) {
            Resampling.Interpolation how = new Resampling.Interpolation(mode, Resampling.CoordinateTransformation.HALF_PIXEL,
                    Resampling.NearestMode.ROUND_PREFER_FLOOR, -0.75f, false, 0, false);
            of(new Resampling.Resize(how, List.of(2L, 3L), List.of(), List.of(11L, 9L), Resampling.AspectRatioPolicy.STRETCH, List.of()))
                    .variable(2, 8, 5, 6).loose(4).check();
        }
    }

    @Test
    void products() {
        PointwiseProgram relu = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
                new Instruction(new Activations.Relu(), List.of(2))));
        of(new MatMul(false, false, PointwiseProgram.IDENTITY)).variable(3, 70, 33).variable(33, 65).loose(4).check();
        of(new MatMul(true, true, relu)).variable(2, 33, 20).constant(50, 33).constant(50).variable(2, 20, 50).loose(4).check();
        of(new MatMul()).variable(4, 1, 3, 9).variable(5, 9, 7).loose(2).check();
        List<Long> ones = List.of(1L, 1L);
        of(new Convolution(List.of(2L, 2L), ones, ones, ones, 1, PointwiseProgram.IDENTITY)).variable(2, 5, 11, 12).constant(7, 5, 3, 3)
                .constant(7).loose(8).check();
        of(new Convolution(ones, List.of(2L, 2L), ones, ones, 3, relu)).variable(2, 6, 9, 9).constant(9, 2, 3, 3).absent()
                .variable(2, 9, 7, 7).loose(8).check();
        for (long stride : new long[] {1, 2}) {
            of(new Convolution(List.of(stride, stride), ones, List.of(2L, 2L), List.of(2L, 2L), 24, relu)).variable(2, 24, 13, 10)
                    .constant(24, 1, 5, 5).constant(24).constant(24, 1, 1).loose(8).check();
        }
        PointwiseProgram swish = new PointwiseProgram(1, List.of(new Instruction(new Activations.Swish(1), List.of(0))));
        for (long kernel : new long[] {3, 5, 7}) {
            for (long stride : new long[] {1, 2}) {
                List<Long> pads = List.of(kernel / 2, kernel / 2);
                of(new Convolution(List.of(stride, stride), ones, pads, pads, 40, swish)).variable(2, 40, 14, 21)
                        .constant(40, 1, kernel, kernel).constant(40).loose(8).check();
                of(new Convolution(List.of(stride, stride), ones, pads, pads, 16, relu)).variable(2, 16, 9, 16)
                        .constant(16, 1, kernel, kernel).absent().constant(16, 1, 1).loose(8).check();
            }
        }
        of(new Convolution(ones, List.of(2L, 2L), ones, ones, 6, PointwiseProgram.IDENTITY)).variable(2, 6, 9, 11).constant(6, 1, 3, 3)
                .loose(8).check();
        of(new ConvolutionTranspose(List.of(2L, 2L), ones, ones, ones, ones, 1, PointwiseProgram.IDENTITY)).variable(2, 5, 6, 6)
                .constant(5, 4, 3, 3).constant(4).loose(8).check();
    }

    @Test
    void attention() {
        for (long[] p : new long[][] {{2, 3, 197, 64}, {1, 2, 64, 32}, {2, 12, 128, 64}, {1, 1, 5, 128}, {1, 2, 33, 20}}) {
            long width = p[1] * p[3];
            of(new Fused.MultiHeadAttention(p[1], 0.125f, true)).variable(p[0], p[2], 3 * width).loose(3).check();
            of(new Fused.MultiHeadAttention(p[1], 0.125f, false)).variable(p[0], p[2], width).variable(p[0], p[2] + 7, width)
                    .variable(p[0], p[2] + 7, width).variable(p[0], 1, 1, p[2] + 7).loose(3).check();
        }
        for (long[] p : new long[][] {{2, 2, 128, 64}, {1, 2, 72, 32}, {1, 1, 64, 128}, {1, 2, 200, 64}}) {
            long width = p[1] * p[3];
            of(new Fused.MultiHeadAttention(p[1], -0.125f, true)).variable(p[0], p[2], 3 * width).loose(3).check(Precision.FP16);
            GeneratedLayerCheck masked = of(new Fused.MultiHeadAttention(p[1], 0.125f, true)).variable(p[0], p[2], 3 * width).absent()
                    .absent().variable(p[0], 1, p[2], p[2]).loose(3);
            masked.check(Precision.FP16);
            masked.check(Precision.BF16);
            of(new Fused.MultiHeadAttention(p[1], 0.125f, true)).variable(p[0], p[2], 3 * width).absent().absent()
                    .constant(1, p[1], p[2], p[2]).loose(3).check(Precision.FP16);
        }
        of(new Fused.MultiHeadAttention(1, 0.125f, false)).variable(1, 300, 64).variable(1, 64, 64).variable(1, 64, 64)
                .variable(1, 1, 1, 64).loose(3).check(Precision.FP16);
        for (long size : new long[] {20, 64}) {
            Tensor mask = Tensor.zeros(DataType.FLOAT32, 2, 1, 1, 70);
            for (int i = 0; i < 90; i++) {
                mask.setDouble(i, Double.NEGATIVE_INFINITY);
            }
            of(new Fused.MultiHeadAttention(2, 0.125f, true, true)).variable(2, 70, 6 * size).absent().absent().variable(mask).loose(3)
                    .check();
        }
    }

    @Test
    void recurrent() {
        RecurrentActivation sigmoid = RecurrentActivation.SIGMOID;
        RecurrentActivation tanh = RecurrentActivation.TANH;
        for (boolean batchFirst : new boolean[] {false, true}) {
            Recurrent.Form both = new Recurrent.Form(Recurrent.Direction.BIDIRECTIONAL, List.of(sigmoid, tanh, tanh, sigmoid, tanh, tanh),
                    Float.POSITIVE_INFINITY, batchFirst);
            GeneratedLayerCheck.of(new Recurrent.LSTM(both, false), 3).variable(5, 4, 12).constant(2, 80, 12).constant(2, 80, 20)
                    .constant(2, 160).loose(8).check();
            GeneratedLayerCheck.of(new Recurrent.LSTM(both, false), 3).variable(5, 40, 16).constant(2, 128, 16).constant(2, 128, 32)
                    .constant(2, 256).loose(8).check();
        }
        Recurrent.Form forward = new Recurrent.Form(Recurrent.Direction.REVERSE, List.of(sigmoid, tanh), Float.POSITIVE_INFINITY, false);
        Tensor lengths = Tensor.zeros(DataType.INT32, 3);
        lengths.setLong(0, 6);
        lengths.setLong(1, 2);
        lengths.setLong(2, 4);
        GeneratedLayerCheck.of(new Recurrent.GRU(forward, true), 2).variable(6, 3, 12).constant(1, 60, 12).constant(1, 60, 20)
                .constant(1, 120).variable(lengths).variable(1, 3, 20).loose(8).check();
    }
}
