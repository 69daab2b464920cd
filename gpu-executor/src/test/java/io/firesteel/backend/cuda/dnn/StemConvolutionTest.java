package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Convolution;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class StemConvolutionTest {

    private static final PointwiseProgram RELU = new PointwiseProgram(1, List.of(new Instruction(new Activations.Relu(), List.of(0))));

    /** Side of the window, padding, output channels, channels, height and width of the image. */
    private static final long[][] CASES = {{7, 3, 64, 3, 64, 64}, {3, 1, 32, 3, 30, 70}, {3, 0, 64, 3, 35, 35}, {5, 2, 16, 1, 20, 34},
        {7, 3, 24, 4, 23, 21}, {7, 2, 40, 3, 18, 16}, {5, 1, 16, 2, 17, 20}};

    private static Convolution convolution(long pad, PointwiseProgram epilogue) {
        return new Convolution(List.of(2L, 2L), List.of(1L, 1L), List.of(pad, pad), List.of(pad, pad), 1, epilogue);
    }

    @Test
    void convolvesImagesOfFewChannels() {
        for (long[] p : CASES) {
            assertThat(DeviceLayerCheck.of(convolution(p[1], RELU)).variable(3, p[3], p[4], p[5]).constant(p[2], p[3], p[0], p[0])
                    .constant(p[2]).check(new ConvolutionLayers())).contains("stem");
        }
        DeviceLayerCheck.of(convolution(3, PointwiseProgram.IDENTITY)).precision(Precision.BF16, 3e-2).variable(1, 3, 33, 40)
                .constant(64, 3, 7, 7).check(new ConvolutionLayers());
    }

    @Test
    void normalizesBytesAsItReadsThem() {
        for (long[] p : CASES) {
            List<Float> factors = List.of(0.02f, 0.015f, 1e-2f, 0.007f).subList(0, (int) p[3]);
            List<Float> offsets = List.of(-2.1f, 1.5f, 0f, -0.25f).subList(0, (int) p[3]);
            List<String> implementations = DeviceLayerCheck.of(new NormalizedConvolution(factors, offsets, convolution(p[1], RELU)))
                    .variable(DeviceLayerCheck.bytes(DataType.UINT8, 5, 3, p[3], p[4], p[5])).constant(p[2], p[3], p[0], p[0])
                    .constant(p[2]).check(new ConvolutionLayers());
            assertThat(implementations).filteredOn(i -> i.equals("stem")).hasSize(2);
        }
    }
}
