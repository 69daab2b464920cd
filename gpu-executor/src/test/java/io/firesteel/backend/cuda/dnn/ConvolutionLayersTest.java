package io.firesteel.backend.cuda.dnn;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class ConvolutionLayersTest {

    private static final ConvolutionLayers FAMILY = new ConvolutionLayers();

    private static PointwiseProgram program(int inputs, Instruction... instructions) {
        return new PointwiseProgram(inputs, List.of(instructions));
    }

    private static Instruction op(PointwiseOperator operator, Integer... operands) {
        return new Instruction(operator, List.of(operands));
    }

    private static PointwiseProgram unary(PointwiseOperator operator) {
        return program(1, op(operator, 0));
    }

    private static Convolution convolution(long stride, long pad, long groups, PointwiseProgram epilogue) {
        return new Convolution(List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), groups, epilogue);
    }

    @Test
    void fusesBiasResidualAndRelu() {
        PointwiseProgram residual = program(2, op(new Arithmetic.Add(), 0, 1), op(new Activations.Relu(), 2));
        DeviceLayerCheck.of(convolution(1, 1, 1, residual)).variable(2, 64, 9, 11).constant(72, 64, 3, 3).constant(72)
                .variable(2, 72, 9, 11).check(FAMILY);
        DeviceLayerCheck.of(convolution(2, 0, 1, residual)).variable(2, 16, 8, 8).constant(32, 16, 1, 1).absent()
                .variable(2, 32, 4, 4).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 0, 1, PointwiseProgram.IDENTITY)).variable(2, 16, 8, 8).constant(32, 16, 1, 1).absent()
                .check(FAMILY);
    }

    @Test
    void fusesActivations() {
        for (PointwiseOperator activation : List.of(new Activations.Relu(), new Activations.ClipTo(0, 6), new Activations.ClipTo(-1, 2),
                new Activations.LeakyRelu(0.1f), new Activations.Swish(1), new Activations.Sigmoid(), new Activations.Tanh(),
                new Activations.HardSwish(), new Activations.HardSigmoid(0.2f, 0.5f), new Activations.Gelu(false),
                new Activations.Gelu(true), new Activations.Elu(1))) {
            DeviceLayerCheck.of(convolution(1, 1, 1, unary(activation))).variable(2, 16, 7, 7).constant(24, 16, 3, 3).constant(24)
                    .check(FAMILY);
        }
    }

    @Test
    void fusesConstantVectorsAndScalars() {
        DeviceLayerCheck.of(convolution(1, 0, 1, program(2, op(new Arithmetic.Mul(), 1, 0), op(new Activations.Sigmoid(), 2))))
                .variable(1, 24, 6, 6).constant(24, 24, 1, 1).absent().constant(1, 24, 1, 1).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 0, 1, program(2, op(new Arithmetic.Sub(), 1, 0), op(new Activations.Swish(1), 2))))
                .variable(1, 24, 6, 6).constant(24, 24, 1, 1).absent().constant(Tensor.floats(new long[] {}, 3f)).check(FAMILY);
    }

    @Test
    void rearrangesTheFirstLayer() {
        PointwiseProgram relu = unary(new Activations.Relu());
        DeviceLayerCheck.of(convolution(2, 3, 1, relu)).variable(2, 3, 20, 22).constant(16, 3, 7, 7).constant(16).check(FAMILY);
        DeviceLayerCheck.of(convolution(2, 0, 1, relu)).variable(2, 3, 19, 21).constant(16, 3, 3, 3).constant(16).check(FAMILY);
        DeviceLayerCheck.of(convolution(2, 1, 1, relu)).variable(2, 3, 19, 21).constant(16, 3, 3, 3).constant(16).check(FAMILY);
        DeviceLayerCheck.of(convolution(4, 0, 1, relu)).variable(2, 3, 16, 16).constant(32, 3, 4, 4).constant(32).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 1, 1, relu)).variable(2, 3, 10, 12).constant(16, 3, 3, 3).constant(16).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 1, 1, relu)).variable(2, 20, 10, 12).constant(16, 20, 3, 3).constant(16).check(FAMILY);
    }

    @Test
    void movesAsTheWindowSays() {
        Convolution odd = new Convolution(List.of(2L, 1L), List.of(1L, 2L), List.of(0L, 3L), List.of(1L, 2L), 1,
                unary(new Activations.Relu()));
        DeviceLayerCheck.of(odd).variable(2, 16, 12, 13).constant(16, 16, 3, 3).constant(16).check(FAMILY);
        Convolution line = new Convolution(List.of(1L), List.of(1L), List.of(1L), List.of(1L), 1, unary(new Activations.Relu()));
        DeviceLayerCheck.of(line).variable(2, 16, 12).constant(16, 16, 3).constant(16).check(FAMILY);
        Convolution volume = new Convolution(List.of(1L, 1L, 1L), List.of(1L, 1L, 1L), List.of(1L, 1L, 1L), List.of(1L, 1L, 1L), 1,
                unary(new Activations.Relu()));
        DeviceLayerCheck.of(volume).variable(2, 16, 5, 6, 7).constant(16, 16, 3, 3, 3).constant(16).check(FAMILY);
    }

    @Test
    void computesInEveryPrecision() {
        PointwiseProgram relu = unary(new Activations.Relu());
        DeviceLayerCheck.of(convolution(1, 1, 1, relu)).precision(Precision.BF16, 3e-2).variable(2, 16, 7, 7)
                .constant(24, 16, 3, 3).constant(24).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 1, 1, relu)).precision(Precision.TF32, 3e-3).variable(2, 16, 7, 7)
                .constant(24, 16, 3, 3).constant(24).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 1, 1, relu)).precision(Precision.TF32, 3e-3).variable(2, 3, 10, 12)
                .constant(16, 3, 3, 3).constant(16).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 1, 1, relu)).precision(Precision.FP32, 3e-6).variable(2, 16, 7, 7)
                .constant(24, 16, 3, 3).constant(24).check(FAMILY);
    }

    @Test
    void convolvesGroups() {
        DeviceLayerCheck.of(convolution(1, 1, 2, unary(new Activations.Relu()))).variable(2, 64, 7, 7).constant(48, 32, 3, 3)
                .constant(48).check(FAMILY);
    }

    @Test
    void cutsOffOutputChannels() {
        DeviceLayerCheck.of(convolution(1, 1, 1, unary(new Activations.Sigmoid()))).variable(2, 16, 10, 12).constant(3, 16, 3, 3)
                .constant(3).check(FAMILY);
        DeviceLayerCheck.of(convolution(1, 0, 1, PointwiseProgram.IDENTITY)).variable(2, 3, 10, 12).constant(21, 3, 1, 1)
                .constant(21).check(FAMILY);
    }

    @Test
    void transposes() {
        DeviceLayerCheck.of(transposed(2, 1, 1, unary(new Activations.Relu()))).variable(2, 32, 7, 6).constant(32, 16, 3, 3)
                .constant(16).check(FAMILY);
        DeviceLayerCheck.of(transposed(2, 0, 0, PointwiseProgram.IDENTITY)).variable(2, 32, 7, 6).constant(32, 16, 2, 2)
                .constant(16).check(FAMILY);
        DeviceLayerCheck.of(transposed(2, 1, 0, unary(new Activations.Tanh()))).variable(2, 20, 5, 6).constant(20, 3, 4, 4)
                .absent().check(FAMILY);
        DeviceLayerCheck.of(transposed(1, 0, 0, unary(new Activations.Relu()))).variable(2, 16, 1, 1).constant(16, 8, 4, 4)
                .constant(8).check(FAMILY);
    }

    private static ConvolutionTranspose transposed(long stride, long pad, long outputPadding, PointwiseProgram epilogue) {
        return new ConvolutionTranspose(List.of(stride, stride), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad),
                List.of(outputPadding, outputPadding), 1, epilogue);
    }

    @Test
    void normalizesBytesBeforeItPadsThem() {
        List<Float> factors = List.of(0.02f, 0.015f, 0.01f);
        List<Float> offsets = List.of(-2.1f, 1.5f, 0.5f);
        for (Precision precision : List.of(Precision.FP16, Precision.BF16, Precision.TF32)) {
            for (Convolution convolution : List.of(convolution(1, 1, 1, unary(new Activations.Relu())),
                    convolution(4, 0, 1, PointwiseProgram.IDENTITY), convolution(2, 2, 1, unary(new Activations.Relu())))) {
                DeviceLayerCheck.of(new NormalizedConvolution(factors, offsets, convolution))
                        .precision(precision, precision == Precision.BF16 ? 3e-2 : 4e-3)
                        .variable(DeviceLayerCheck.bytes(DataType.UINT8, 4, 2, 3, 20, 24)).constant(16, 3, 4, 4).constant(16)
                        .check(FAMILY);
            }
        }
    }
}
