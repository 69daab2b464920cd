package io.firesteel.backend.cuda.kernel;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.Fused;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Quantization;
import io.firesteel.op.QuantizationParameters;
import io.firesteel.op.Quantized;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Quantization and kernels between bytes, on a GPU, against the reference's integers. */
@Tag("gpu")
class QuantizationKernelsTest {

    private static Tensor scales(DataType type, long... sizes) {
        Tensor tensor = Tensor.zeros(type, sizes);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setDouble(i, 0.0078125 * (1 + i % 3));
        }
        return tensor;
    }

    private static Tensor whole(DataType type, long seed, long... sizes) {
        Tensor tensor = Tensor.zeros(type, sizes);
        Random random = new Random(seed);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setLong(i, type.isUnsigned() ? random.nextInt(256) : random.nextInt(256) - 128);
        }
        return tensor;
    }

    private static QuantizationParameters parameters(DataType type, double scale, long zeroPoint) {
        return new QuantizationParameters(type, 0, List.of((float) scale), List.of(zeroPoint));
    }

    @Test
    void quantizesByOneScaleByAxisAndInBlocks() {
        for (DataType type : List.of(DataType.INT8, DataType.UINT8, DataType.INT16, DataType.UINT16)) {
            Operator operator = new Quantization.QuantizeLinear(type, 1, 0, DataType.FLOAT32);
            GeneratedLayerCheck.of(operator).variable(2, 18, 5, 7).constant(scales(DataType.FLOAT32)).constant(whole(type, 1)).check();
            GeneratedLayerCheck.of(operator).variable(2, 18, 5, 7).constant(scales(DataType.FLOAT32, 18)).constant(whole(type, 1, 18)).check();
            Operator blocks = new Quantization.QuantizeLinear(type, -2, 3, DataType.FLOAT32);
            GeneratedLayerCheck.of(blocks).variable(4, 18, 5).constant(scales(DataType.FLOAT32, 4, 6, 5)).constant(whole(type, 1, 4, 6, 5))
                    .check();
        }
    }

    @Test
    void dequantizesByOneScaleByAxisAndInBlocks() {
        for (DataType type : List.of(DataType.INT8, DataType.UINT8, DataType.INT16, DataType.INT32)) {
            Operator operator = new Quantization.DequantizeLinear(DataType.FLOAT32, -3, 0);
            GeneratedLayerCheck.of(operator).variable(whole(type, 2, 2, 18, 5, 7)).constant(scales(DataType.FLOAT32)).check();
            GeneratedLayerCheck.of(operator).variable(whole(type, 2, 2, 18, 5, 7)).constant(scales(DataType.FLOAT32, 18))
                    .constant(whole(type, 1, 18)).check();
            Operator blocks = new Quantization.DequantizeLinear(DataType.FLOAT32, 1, 3);
            GeneratedLayerCheck.of(blocks).variable(whole(type, 2, 4, 18, 5)).constant(scales(DataType.FLOAT32, 4, 6, 5)).check();
        }
    }

    @Test
    void addsBytes() {
        for (DataType type : List.of(DataType.INT8, DataType.UINT8)) {
            PointwiseProgram program = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
                    new Instruction(new Activations.Relu(), List.of(2))));
            Quantized operator = new Quantized(new Fused.PointwiseChain(program), List.of(Optional.of(parameters(type, 0.02, 0)),
                    Optional.of(parameters(type, 0.03, 7))), Optional.of(parameters(type, 0.05, 0)));
            GeneratedLayerCheck.of(operator).variable(whole(type, 1, 2, 24, 5, 7)).variable(whole(type, 2, 2, 24, 5, 7)).rounded().check();
        }
    }

    @Test
    void convolvesChannelsOfBytesByThemselves() {
        for (DataType type : List.of(DataType.INT8, DataType.UINT8)) {
            for (long stride : new long[] {1, 2}) {
                PointwiseProgram clip = new PointwiseProgram(1, List.of(new Instruction(new Activations.ClipTo(0, 6), List.of(0))));
                Convolution convolution = new Convolution(List.of(stride, stride), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), 24, clip);
                List<Float> scales = new ArrayList<>();
                for (int i = 0; i < 24; i++) {
                    scales.add(0.01f + 0.001f * i);
                }
                Quantized operator = new Quantized(convolution, List.of(Optional.of(parameters(type, 0.02, type == DataType.INT8 ? 0 : 100)),
                        Optional.of(new QuantizationParameters(DataType.INT8, 0, scales, List.of())), Optional.empty()),
                        Optional.of(parameters(type, 0.06, type == DataType.INT8 ? 0 : 100)));
                GeneratedLayerCheck.of(operator).variable(whole(type, 1, 2, 24, 15, 13)).constant(whole(DataType.INT8, 2, 24, 1, 3, 3))
                        .constant(24).rounded().check();
            }
        }
    }

    @Test
    void takesMeansOfChannels() {
        for (DataType type : List.of(DataType.INT8, DataType.UINT8)) {
            for (long channels : new long[] {4, 32, 44}) {
                Quantized operator = new Quantized(new Pooling.GlobalAveragePool(), List.of(Optional.of(parameters(type, 0.02, type == DataType.INT8
                        ? -5 : 100))), Optional.of(parameters(type, 0.004, type == DataType.INT8 ? 9 : 120)));
                GeneratedLayerCheck.of(operator).variable(whole(type, 1, 3, channels, 15, 13)).rounded().check();
            }
        }
    }

    @Test
    void takesTheLargestByte() {
        PoolingWindow window = new PoolingWindow(List.of(3L, 3L), List.of(2L, 2L), List.of(1L, 1L), List.of(1L, 1L), List.of(1L, 1L), false);
        for (DataType type : List.of(DataType.INT8, DataType.UINT8)) {
            for (long channels : new long[] {6, 32, 44}) {
                GeneratedLayerCheck.of(new Pooling.MaxPool(window, false)).variable(whole(type, 1, 2, channels, 15, 13)).check();
            }
        }
    }
}
