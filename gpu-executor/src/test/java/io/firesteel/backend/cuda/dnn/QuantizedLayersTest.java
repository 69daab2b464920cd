package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Products of bytes on a GPU against the reference's integers. */
@Tag("gpu")
class QuantizedLayersTest {

    private static final PointwiseProgram RESIDUAL = new PointwiseProgram(2, List.of(
            new Instruction(new Arithmetic.Add(), List.of(0, 1)), new Instruction(new Activations.Relu(), List.of(2))));

    private static PointwiseProgram unary(PointwiseOperator operator) {
        return new PointwiseProgram(1, List.of(new Instruction(operator, List.of(0))));
    }

    private static Convolution convolution(long stride, long pad, PointwiseProgram epilogue) {
        return new Convolution(List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), 1, epilogue);
    }

    private static QuantizationParameters scale(DataType type, double scale, long zeroPoint) {
        return new QuantizationParameters(type, 0, List.of((float) scale), List.of(zeroPoint));
    }

    private static QuantizationParameters weights(long axis, long channels) {
        List<Float> scales = new ArrayList<>();
        for (int i = 0; i < channels; i++) {
            scales.add(0.002f + 0.0001f * i);
        }
        return new QuantizationParameters(DataType.INT8, axis, scales, List.of());
    }

    private static Quantized quantized(EpilogueOperator product, DataType data, long zeroPoint, long axis, long channels,
            DataType result) {
        List<Optional<QuantizationParameters>> inputs = new ArrayList<>(List.of(Optional.of(scale(data, 0.02, zeroPoint)),
                Optional.of(weights(axis, channels)), Optional.empty()));
        if (product.epilogue().inputs() == 2) {
            inputs.add(Optional.of(scale(data, 0.03, zeroPoint)));
        }
        return new Quantized(product, inputs, result == null ? Optional.empty() : Optional.of(scale(result, 0.08, zeroPoint)));
    }

    private static DeviceLayerCheck check(Quantized operator, DataType data, long[] x, long[] w, long[] residual) {
        long channels = operator.layer() instanceof Convolution ? w[0] : ((MatMul) operator.layer()).transposeB() ? w[0] : w[1];
        DeviceLayerCheck check = DeviceLayerCheck.of(operator).variable(DeviceLayerCheck.bytes(data, 1, x))
                .constant(DeviceLayerCheck.bytes(DataType.INT8, 2, w)).constant(channels);
        return residual == null ? check : check.variable(DeviceLayerCheck.bytes(data, 3, residual));
    }

    private static long[] sizes(long... sizes) {
        return sizes;
    }

    @Test
    void convolvesWithResidualAndRelu() {
        for (long channels : new long[] {16, 48, 64, 128, 192, 256, 512}) {
            Quantized operator = quantized(convolution(1, 0, RESIDUAL), DataType.INT8, 0, 0, 80, DataType.INT8);
            assertThat(check(operator, DataType.INT8, sizes(3, channels, 9, 11), sizes(80, channels, 1, 1), sizes(3, 80, 9, 11))
                    .check(new QuantizedLayers())).contains("integer:rows").anyMatch(i -> i.startsWith("cudnn"));
        }
        assertThat(check(quantized(convolution(1, 0, RESIDUAL), DataType.INT8, 0, 0, 256, DataType.INT8), DataType.INT8, sizes(2, 64, 56, 56),
                sizes(256, 64, 1, 1), sizes(2, 256, 56, 56)).check(new QuantizedLayers())).contains("integer:stream:512");
        check(quantized(convolution(1, 1, RESIDUAL), DataType.INT8, 0, 0, 32, DataType.INT8), DataType.INT8, sizes(2, 16, 9, 7),
                sizes(32, 16, 3, 3), sizes(2, 32, 9, 7)).check(new QuantizedLayers());
    }

    @Test
    void convolvesWithStridesPaddingAndFewChannels() {
        PointwiseProgram relu = unary(new Activations.Relu());
        check(quantized(convolution(2, 1, relu), DataType.INT8, 0, 0, 64, DataType.INT8), DataType.INT8, sizes(2, 32, 14, 14),
                sizes(64, 32, 3, 3), null).check(new QuantizedLayers());
        check(quantized(convolution(2, 0, relu), DataType.INT8, 0, 0, 64, DataType.INT8), DataType.INT8, sizes(2, 32, 14, 14),
                sizes(64, 32, 1, 1), null).check(new QuantizedLayers());
        assertThat(check(quantized(convolution(2, 3, relu), DataType.INT8, 0, 0, 64, DataType.INT8), DataType.INT8, sizes(2, 3, 32, 32),
                sizes(64, 3, 7, 7), null).check(new QuantizedLayers())).contains("integer:image");
        for (long stride : new long[] {1, 2, 4}) {
            check(quantized(convolution(stride, 1, relu), DataType.INT8, 0, 0, 40, DataType.INT8), DataType.INT8, sizes(3, 3, 37, 52),
                    sizes(40, 3, 3, 3), null).check(new QuantizedLayers());
        }
        check(quantized(convolution(2, 0, relu), DataType.INT8, 0, 0, 96, DataType.INT8), DataType.INT8, sizes(2, 1, 224, 224),
                sizes(96, 1, 5, 5), null).check(new QuantizedLayers());
        check(quantized(convolution(1, 2, relu), DataType.INT8, 0, 0, 64, DataType.INT8), DataType.INT8, sizes(2, 24, 14, 14),
                sizes(64, 24, 5, 5), null).check(new QuantizedLayers());
    }

    @Test
    void makesFewColumns() {
        PointwiseProgram relu = unary(new Activations.Relu());
        for (long columns : new long[] {12, 16, 24, 32}) {
            for (long channels : new long[] {16, 32, 96, 320}) {
                assertThat(check(quantized(convolution(1, 0, relu), DataType.INT8, 0, 0, columns, DataType.INT8), DataType.INT8,
                        sizes(2, channels, 23, 19), sizes(columns, channels, 1, 1), null).check(new QuantizedLayers()))
                        .contains("integer:rows", "integer:stream:512");
            }
            assertThat(check(quantized(convolution(2, 1, relu), DataType.INT8, 0, 0, columns, DataType.INT8), DataType.INT8,
                    sizes(2, 3, 36, 32), sizes(columns, 3, 3, 3), null).check(new QuantizedLayers())).contains("integer:image");
        }
    }

    @Test
    void convolvesEachChannelByItself() {
        for (long[] form : new long[][] {{1, 1, 20, 13, 32}, {2, 1, 15, 16, 48}, {1, 0, 7, 9, 64}, {2, 0, 9, 14, 12}}) {
            long channels = form[4];
            PointwiseOperator activation = channels == 48 ? new Activations.HardSwish() : new Activations.ClipTo(0, 6);
            Convolution convolution = new Convolution(List.of(form[0], form[0]), List.of(1L, 1L), List.of(form[1], form[1]),
                    List.of(form[1], form[1]), channels, unary(activation));
            assertThat(check(quantized(convolution, DataType.INT8, 0, 0, channels, DataType.INT8), DataType.INT8,
                    sizes(3, channels, form[2], form[3]), sizes(channels, 1, 3, 3), null).check(new QuantizedLayers()))
                    .contains("integer:depthwise:rows:7");
        }
    }

    @Test
    void makesRealNumbers() {
        for (Precision precision : List.of(Precision.FP16, Precision.FP32)) {
            check(quantized(convolution(1, 1, PointwiseProgram.IDENTITY), DataType.INT8, 0, 0, 32, null), DataType.INT8,
                    sizes(2, 16, 9, 7), sizes(32, 16, 3, 3), null).precision(precision, 2e-3).check(new QuantizedLayers());
            check(quantized(convolution(1, 0, unary(new Activations.HardSwish())), DataType.INT8, 0, 0, 40, null), DataType.INT8,
                    sizes(2, 16, 9, 7), sizes(40, 16, 1, 1), null).precision(precision, 2e-3).check(new QuantizedLayers());
        }
    }

    @Test
    void appliesActivationsBeforeRounding() {
        for (PointwiseOperator activation : List.of(new Activations.ClipTo(0, 6), new Activations.Swish(1), new Activations.HardSwish(),
                new Activations.ClipTo(-2, 3))) {
            check(quantized(convolution(1, 0, unary(activation)), DataType.INT8, 0, 0, 64, DataType.INT8), DataType.INT8,
                    sizes(2, 32, 9, 7), sizes(64, 32, 1, 1), null).check(new QuantizedLayers());
        }
    }

    @Test
    void takesZeroPointsAndNarrowRows() {
        check(quantized(convolution(1, 0, RESIDUAL), DataType.UINT8, 120, 0, 24, DataType.UINT8), DataType.UINT8, sizes(2, 96, 9, 7),
                sizes(24, 96, 1, 1), sizes(2, 24, 9, 7)).check(new QuantizedLayers());
        check(quantized(convolution(1, 0, RESIDUAL), DataType.INT8, -3, 0, 20, DataType.INT8), DataType.INT8, sizes(2, 24, 9, 7),
                sizes(20, 24, 1, 1), sizes(2, 20, 9, 7)).check(new QuantizedLayers());
    }

    @Test
    void multipliesMatrices() {
        for (boolean transposed : new boolean[] {false, true}) {
            MatMul plain = new MatMul(false, transposed, PointwiseProgram.IDENTITY);
            long[] wide = transposed ? sizes(1000, 2048) : sizes(2048, 1000);
            check(quantized(plain, DataType.INT8, 0, transposed ? 0 : 1, 1000, null), DataType.INT8, sizes(37, 2048), wide, null)
                    .precision(Precision.FP32, 1e-5).check(new QuantizedLayers());
            long[] narrow = transposed ? sizes(72, 96) : sizes(96, 72);
            check(quantized(plain.withEpilogue(unary(new Activations.Relu())), DataType.INT8, 0, transposed ? 0 : 1, 72, DataType.INT8),
                    DataType.INT8, sizes(5, 7, 96), narrow, null).check(new QuantizedLayers());
        }
    }
}
