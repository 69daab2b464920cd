package io.firesteel.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.op.Resampling;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Scales are powers of two, so that kernels and evaluator compute the same integers, and the results' zero points are even:
 * oneDNN adds them before it rounds halves to even.
 */
class CpuQuantizedTest {

    private static final PointwiseProgram ADD_AND_RELU = new PointwiseProgram(2, List.of(
            new PointwiseProgram.Instruction(new Arithmetic.Add(), List.of(0, 1)),
            new PointwiseProgram.Instruction(new Activations.Relu(), List.of(2))));

    private static Tensor bytes(DataType type, int seed, long... sizes) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(type, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setLong(i, type == DataType.UINT8 ? random.nextInt(256) : random.nextInt(255) - 127);
        }
        return tensor;
    }

    private static Optional<QuantizationParameters> scale(DataType type, float scale, long zeroPoint) {
        return Optional.of(new QuantizationParameters(type, 0, List.of(scale), List.of(zeroPoint)));
    }

    private static Optional<QuantizationParameters> channels(long axis, int count) {
        List<Float> scales = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            scales.add(Math.scalb(1f, -2 - i % 5));
        }
        return Optional.of(new QuantizationParameters(DataType.INT8, axis, scales, List.of()));
    }

    private static Convolution convolution(long stride, long pad, long groups, PointwiseProgram epilogue) {
        return new Convolution(List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), groups, epilogue);
    }

    private static void check(LayerCheck layer) {
        if (Target.current().int8() || layer.refused().filter(reason -> reason.contains("VNNI")).isEmpty()) {
            assertThat(layer.check()).isNotEmpty().allMatch(name -> name.startsWith("int8:"));
        }
    }

    @ParameterizedTest
    @CsvSource({"UINT8,0,INT8,0,1", "UINT8,7,UINT8,4,1", "INT8,0,INT8,0,1", "INT8,-5,UINT8,128,1", "UINT8,0,INT8,0,4", "INT8,0,INT8,0,32"})
    void convolves(DataType data, long zero, DataType result, long resultZero, long groups) {
        long inner = 32 / groups;
        Operator layer = new Quantized(convolution(1, 1, groups, PointwiseProgram.IDENTITY),
                List.of(scale(data, 0.125f, zero), channels(0, 32)), scale(result, 16, resultZero));
        check(LayerCheck.of(layer).variable(bytes(data, 1, 2, 32, 7, 9)).constant(bytes(DataType.INT8, 2, 32, inner, 3, 3)));
    }

    @ParameterizedTest
    @CsvSource({"INT8,INT8", "UINT8,INT8", "UINT8,UINT8"})
    void addsAQuantizedResidualBeforeRounding(DataType residual, DataType result) {
        Operator layer = new Quantized(convolution(2, 0, 1, ADD_AND_RELU), List.of(scale(DataType.UINT8, 0.25f, 0), channels(0, 20),
                scale(DataType.INT32, 0.0625f, 0), scale(residual, 32, 4)), scale(result, 8, 2));
        Tensor bias = Tensor.zeros(DataType.INT32, 20);
        for (int i = 0; i < 20; i++) {
            bias.setLong(i, i * 991 - 9000);
        }
        check(LayerCheck.of(layer).variable(bytes(DataType.UINT8, 1, 2, 12, 8, 8)).constant(bytes(DataType.INT8, 2, 20, 12, 1, 1))
                .constant(bias).variable(bytes(residual, 3, 2, 20, 4, 4)));
    }

    @Test
    void leavesAResultReal() {
        Operator layer = new Quantized(convolution(1, 0, 1, ADD_AND_RELU), List.of(scale(DataType.INT8, 0.25f, 0), channels(0, 16),
                Optional.empty(), Optional.empty()), Optional.empty());
        check(LayerCheck.of(layer).variable(bytes(DataType.INT8, 1, 1, 8, 5, 5)).constant(bytes(DataType.INT8, 2, 16, 8, 3, 3))
                .constant(16).variable(1, 16, 3, 3));
    }

    @ParameterizedTest
    @CsvSource({"false,UINT8,100", "true,INT8,0", "false,INT8,3"})
    void multipliesMatrices(boolean transposed, DataType data, long zero) {
        Operator layer = new Quantized(new MatMul(false, transposed, PointwiseProgram.IDENTITY),
                List.of(scale(data, 0.5f, zero), channels(transposed ? 0 : 1, 24)), scale(DataType.INT8, 64, 2));
        check(LayerCheck.of(layer).variable(bytes(data, 1, 2, 5, 33))
                .constant(transposed ? bytes(DataType.INT8, 2, 24, 33) : bytes(DataType.INT8, 2, 33, 24)));
    }

    @ParameterizedTest
    @CsvSource({"false,false,INT8,0", "false,true,UINT8,3", "true,false,INT8,0", "true,true,UINT8,0"})
    void multipliesMatricesThatVary(boolean transposeA, boolean transposeB, DataType data, long zero) {
        Tensor left = transposeA ? bytes(data, 1, 2, 3, 33, 5) : bytes(data, 1, 2, 3, 5, 33);
        Tensor right = transposeB ? bytes(DataType.INT8, 2, 2, 3, 24, 33) : bytes(DataType.INT8, 2, 2, 3, 33, 24);
        for (Optional<QuantizationParameters> result : List.of(scale(DataType.INT8, 64, 2), Optional.<QuantizationParameters>empty())) {
            check(LayerCheck.of(new Quantized(new MatMul(transposeA, transposeB, PointwiseProgram.IDENTITY),
                    List.of(scale(data, 0.5f, zero), scale(DataType.INT8, 0.25f, 0)), result)).variable(left).variable(right));
        }
    }

    @ParameterizedTest
    @CsvSource({"false,INT8,0,INT8,0", "true,UINT8,3,INT8,-6", "true,INT8,0,UINT8,8"})
    void addsBytes(boolean relu, DataType data, long zero, DataType result, long resultZero) {
        Operator sum = relu ? new Fused.PointwiseChain(new PointwiseProgram(2, ADD_AND_RELU.instructions())) : new Arithmetic.Add();
        Operator layer = new Quantized(sum, List.of(scale(data, 0.5f, zero), scale(DataType.UINT8, 0.25f, 2)), scale(result, 0.5f, resultZero));
        check(LayerCheck.of(layer).variable(bytes(data, 1, 2, 20, 5, 5)).variable(bytes(DataType.UINT8, 2, 2, 20, 5, 5)));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "16,1"})
    void convolvesTransposed(long groups, long stride) {
        Operator layer = new Quantized(new ConvolutionTranspose(List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L),
                List.of(1L, 1L), groups, PointwiseProgram.IDENTITY),
                List.of(scale(DataType.INT8, 0.125f, 0), channels(groups == 1 ? 1 : 0, 16)), scale(DataType.INT8, 8, 0));
        check(LayerCheck.of(layer).variable(bytes(DataType.INT8, 1, 2, 16, 5, 6))
                .constant(bytes(DataType.INT8, 2, 16, 16 / groups, 3, 3)));
    }

    private static Operator pointwise(PointwiseOperator operator, int operands) {
        return new Quantized(operator, Collections.nCopies(operands, scale(DataType.INT8, 0.25f, 0)), scale(DataType.INT8, 2, 0));
    }

    @Test
    void computesPointwiseOperatorsOnBytes() {
        Tensor x = bytes(DataType.INT8, 1, 2, 20, 5, 5);
        for (PointwiseOperator one : List.of(new Activations.Relu(), new Activations.ClipTo(-1, 6), new Activations.LeakyRelu(0.125f))) {
            check(LayerCheck.of(pointwise(one, 1)).variable(x));
        }
        Operator requantized = new Quantized(new Activations.ClipTo(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY),
                List.of(scale(DataType.INT8, 0.25f, 0)), scale(DataType.UINT8, 0.5f, 64));
        check(LayerCheck.of(requantized).variable(x));
        for (PointwiseOperator two : List.of(new Arithmetic.Sub(), new Arithmetic.Mul(), new Arithmetic.Max(), new Arithmetic.Min())) {
            check(LayerCheck.of(pointwise(two, 2)).variable(x).variable(bytes(DataType.INT8, 2, 2, 20, 5, 5)));
            check(LayerCheck.of(pointwise(two, 2)).variable(x).variable(bytes(DataType.INT8, 2, 1, 20, 1, 1)));
        }
    }

    @Test
    void squeezesBytesThroughASigmoid() {
        Operator layer = new Quantized(new Activations.Sigmoid(), List.of(scale(DataType.INT8, 0.05f, 0)), scale(DataType.INT8, 1 / 127f, 0));
        check(LayerCheck.of(layer).variable(bytes(DataType.INT8, 1, 2, 20)));
    }

    @Test
    void multipliesChannelsByTheirOwnBytes() {
        check(LayerCheck.of(pointwise(new Arithmetic.Mul(), 2)).variable(bytes(DataType.INT8, 1, 2, 20, 5, 5))
                .variable(bytes(DataType.INT8, 2, 2, 20, 1, 1)));
    }

    @ParameterizedTest
    @CsvSource({"INT8,0,0", "UINT8,4,0", "INT8,0,1"})
    void averagesBytes(DataType type, long zero, long pad) {
        PoolingWindow window = new PoolingWindow(List.of(2L, 2L), List.of(2L, 2L), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), false);
        check(LayerCheck.of(new Quantized(new Pooling.AveragePool(window, pad > 0), List.of(scale(type, 0.5f, zero)), scale(type, 0.25f, zero)))
                .variable(bytes(type, 1, 2, 32, 8, 8)));
        check(LayerCheck.of(new Quantized(new Pooling.GlobalAveragePool(), List.of(scale(type, 0.5f, zero)), scale(type, 0.25f, zero)))
                .variable(bytes(type, 1, 2, 32, 8, 4)));
    }

    @ParameterizedTest
    @CsvSource({"LINEAR,HALF_PIXEL,FLOOR,2", "LINEAR,PYTORCH_HALF_PIXEL,FLOOR,0.5", "NEAREST,ASYMMETRIC,FLOOR,3",
            "NEAREST,HALF_PIXEL,ROUND_PREFER_FLOOR,2", "NEAREST,HALF_PIXEL,ROUND_PREFER_CEIL,3"})
    void resizesNumbersAndBytes(Resampling.Mode mode, Resampling.CoordinateTransformation transformation, Resampling.NearestMode nearest,
            float factor) {
        Operator resize = new Resampling.Resize(new Resampling.Interpolation(mode, transformation, nearest, -0.75f, false, 0, false),
                List.of(2L, 3L), List.of(factor, factor), List.of(), Resampling.AspectRatioPolicy.STRETCH, List.of());
        assertThat(LayerCheck.of(resize).variable(2, 20, 6, 8).check()).isNotEmpty();
        check(LayerCheck.of(new Quantized(resize, List.of(scale(DataType.INT8, 0.5f, 0)), scale(DataType.INT8, 0.25f, 0)))
                .variable(bytes(DataType.INT8, 1, 2, 20, 6, 8)));
    }

    @Test
    void leavesOtherCoordinatesToTheEvaluator() {
        Operator resize = new Resampling.Resize(new Resampling.Interpolation(Resampling.Mode.LINEAR,
                Resampling.CoordinateTransformation.ALIGN_CORNERS, Resampling.NearestMode.FLOOR, -0.75f, false, 0, false),
                List.of(2L, 3L), List.of(2f, 2f), List.of(), Resampling.AspectRatioPolicy.STRETCH, List.of());
        assertThat(LayerCheck.of(resize).variable(2, 20, 6, 8).refusal()).contains("coordinates");
        Operator halves = new Resampling.Resize(new Resampling.Interpolation(Resampling.Mode.NEAREST,
                Resampling.CoordinateTransformation.HALF_PIXEL, Resampling.NearestMode.ROUND_PREFER_FLOOR, -0.75f, false, 0, false),
                List.of(2L, 3L), List.of(0.5f, 0.5f), List.of(), Resampling.AspectRatioPolicy.STRETCH, List.of());
        assertThat(LayerCheck.of(halves).variable(2, 20, 6, 8).refusal()).contains("coordinates");
    }

    @ParameterizedTest
    @CsvSource({"INT8", "UINT8"})
    void findsTheLargestBytes(DataType type) {
        PoolingWindow window = new PoolingWindow(List.of(3L, 3L), List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), false);
        assertThat(LayerCheck.of(new Pooling.MaxPool(window, false)).variable(bytes(type, 1, 2, 32, 9, 8)).check()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"INT8,0,0.37", "UINT8,128,0.01", "INT8,-3,0.0117"})
    void quantizesAndDequantizes(DataType type, long zero, double scale) {
        Tensor zeroPoint = Tensor.scalar(type, zero);
        assertThat(LayerCheck.of(new Quantization.QuantizeLinear(type, 1, 0, DataType.FLOAT32)).variable(2, 5, 4, 7)
                .constant(Tensor.scalar(DataType.FLOAT32, scale)).constant(zeroPoint).check()).hasSize(2);
        assertThat(LayerCheck.of(new Quantization.DequantizeLinear(DataType.FLOAT32, 1, 0)).variable(bytes(type, 1, 2, 5, 4, 7))
                .constant(Tensor.scalar(DataType.FLOAT32, scale)).constant(zeroPoint).check()).hasSize(2);
    }

    @Test
    void quantizesEachChannelByItsOwnScale() {
        Tensor scales = Tensor.floats(new long[] {5}, 0.1f, 0.02f, 0.5f, 1f, 0.003f);
        assertThat(LayerCheck.of(new Quantization.QuantizeLinear(DataType.INT8, 1, 0, DataType.FLOAT32)).variable(2, 5, 4, 7)
                .constant(scales).absent().check()).containsExactly("quantize:LINEAR");
        assertThat(LayerCheck.of(new Quantization.DequantizeLinear(DataType.FLOAT32, -3, 0)).variable(bytes(DataType.INT8, 1, 2, 5, 4, 7))
                .constant(scales).absent().check()).containsExactly("dequantize:LINEAR");
    }
}
