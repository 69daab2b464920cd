package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Convolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.plan.Precision;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class TileConvolutionTest {

    private static Convolution pointwise(PointwiseProgram epilogue) {
        return new Convolution(List.of(1L, 1L), List.of(1L, 1L), List.of(0L, 0L), List.of(0L, 0L), 1, epilogue);
    }

    @Test
    void multipliesWithResidualAndActivation() {
        PointwiseProgram residual = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1)),
                new Instruction(new Activations.Relu(), List.of(2))));
        PointwiseProgram clip = new PointwiseProgram(1, List.of(new Instruction(new Activations.ClipTo(0, 6), List.of(0))));
        PointwiseProgram swish = new PointwiseProgram(1, List.of(new Instruction(new Activations.Swish(1), List.of(0))));
        assertThat(DeviceLayerCheck.of(pointwise(residual)).variable(3, 64, 9, 11).constant(192, 64, 1, 1).absent()
                .variable(3, 192, 9, 11).check(new ConvolutionLayers())).contains("tile");
        for (long[] p : new long[][] {{16, 96}, {24, 144}, {32, 16}, {40, 240}, {144, 24}, {96, 200}, {112, 480}, {8, 8}}) {
            assertThat(DeviceLayerCheck.of(pointwise(residual)).variable(2, p[0], 13, 11).constant(p[1], p[0], 1, 1)
                    .constant(p[1]).variable(2, p[1], 13, 11).check(new ConvolutionLayers())).contains("tile");
            assertThat(DeviceLayerCheck.of(pointwise(swish)).variable(2, p[0], 13, 11).constant(p[1], p[0], 1, 1)
                    .constant(p[1]).check(new ConvolutionLayers())).contains("tile");
        }
        for (long channels : new long[] {64, 128, 256, 320}) {
            assertThat(DeviceLayerCheck.of(pointwise(residual)).variable(3, channels, 9, 11).constant(192, channels, 1, 1)
                    .constant(192).variable(3, 192, 9, 11).check(new ConvolutionLayers())).contains("tile");
            assertThat(DeviceLayerCheck.of(pointwise(clip)).precision(Precision.BF16, 3e-2).variable(3, channels, 9, 11)
                    .constant(256, channels, 1, 1).constant(256).check(new ConvolutionLayers())).contains("tile");
        }
    }
}
