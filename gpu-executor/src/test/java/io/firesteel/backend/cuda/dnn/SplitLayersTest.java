package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.plan.Precision;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class SplitLayersTest {

    private static final PointwiseProgram RESIDUAL = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
            new Instruction(new Activations.Relu(), List.of(2))));

    private static PointwiseProgram of(PointwiseOperator operator) {
        return new PointwiseProgram(1, List.of(new Instruction(operator, List.of(0))));
    }

    private static Convolution convolution(long stride, long dilation, long pad, PointwiseProgram epilogue) {
        return new Convolution(List.of(stride, stride), List.of(dilation, dilation), List.of(pad, pad), List.of(pad, pad), 1, epilogue);
    }

    @Test
    void convolvesFewPixelsOfManyChannels() {
        assertThat(DeviceLayerCheck.of(convolution(1, 1, 0, RESIDUAL)).variable(1, 128, 7, 7).constant(512, 128, 1, 1).constant(512)
                .variable(1, 512, 7, 7).check(new SplitLayers())).contains("split:64x64x2", "split:32x32x2");
        assertThat(DeviceLayerCheck.of(convolution(1, 1, 1, of(new Activations.Relu()))).variable(1, 256, 14, 14).constant(72, 256, 3, 3)
                .constant(72).check(new SplitLayers())).contains("split:64x64x8", "split:32x64x8");
        DeviceLayerCheck.of(convolution(2, 1, 1, PointwiseProgram.IDENTITY)).variable(2, 64, 13, 11).constant(64, 64, 3, 3)
                .check(new SplitLayers());
        DeviceLayerCheck.of(convolution(1, 2, 2, RESIDUAL)).precision(Precision.BF16, 3e-2).variable(2, 64, 9, 9).constant(104, 64, 3, 3)
                .absent().variable(2, 104, 9, 9).check(new SplitLayers());
    }

    @Test
    void multipliesFewRows() {
        for (PointwiseOperator activation : List.of(new Activations.Tanh(), new Activations.Sigmoid(), new Activations.Gelu(false))) {
            assertThat(DeviceLayerCheck.of(new MatMul(false, false, of(activation))).precision(Precision.FP16, 2e-2).variable(7, 9, 320)
                    .constant(320, 3).constant(3).check(new SplitLayers())).contains("narrow");
            DeviceLayerCheck.of(new MatMul(false, false, of(activation))).precision(Precision.FP16, 2e-2).variable(64, 512).constant(512, 1).constant(1)
                    .check(new SplitLayers());
            DeviceLayerCheck.of(new MatMul(false, true, of(activation))).precision(Precision.FP16, 2e-2).variable(5, 192).constant(40, 192).check(new SplitLayers());
        }
        DeviceLayerCheck.of(new MatMul(false, true, RESIDUAL)).variable(3, 7, 320).constant(1000, 320).constant(1000).variable(3, 7, 1000)
                .check(new SplitLayers());
    }
}
