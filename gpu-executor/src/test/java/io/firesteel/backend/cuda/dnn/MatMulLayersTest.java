package io.firesteel.backend.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.MatMul;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.op.PointwiseProgram.Instruction;
import io.firesteel.plan.Precision;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
class MatMulLayersTest {

    private static final MatMulLayers FAMILY = new MatMulLayers();

    private static MatMul product(boolean transposeA, boolean transposeB, PointwiseProgram epilogue) {
        return new MatMul(transposeA, transposeB, epilogue);
    }

    @Test
    void multipliesByWeightsWithAnEpilogue() {
        PointwiseProgram gelu = new PointwiseProgram(1, List.of(new Instruction(new Activations.Gelu(false), List.of(0))));
        PointwiseProgram residual = new PointwiseProgram(2, List.of(new Instruction(new Arithmetic.Add(), List.of(0, 1))));
        DeviceLayerCheck.of(product(false, false, gelu)).variable(4, 24, 64).constant(64, 48).constant(48).check(FAMILY);
        DeviceLayerCheck.of(product(false, true, residual)).variable(4, 24, 64).constant(48, 64).constant(48)
                .variable(4, 24, 48).check(FAMILY);
        DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).variable(5, 64).constant(64, 1000).absent()
                .check(FAMILY);
    }

    @Test
    void finishesResultsWhileOthersAreMultiplied() {
        String[] shapes = GroupProduct.Shape.ALL.stream().map(GroupProduct.Shape::name).toArray(String[]::new);
        for (boolean tanh : new boolean[] {false, true}) {
            PointwiseProgram gelu = new PointwiseProgram(1, List.of(new Instruction(new Activations.Gelu(tanh), List.of(0))));
            assertThat(DeviceLayerCheck.of(product(false, false, gelu)).variable(3, 100, 192).constant(192, 256).constant(256)
                    .check(FAMILY)).contains(shapes);
            assertThat(DeviceLayerCheck.of(product(false, true, gelu)).precision(Precision.BF16, 2e-2).variable(128, 64).constant(128, 64)
                    .absent().check(FAMILY)).contains(shapes);
        }
        PointwiseProgram relu = new PointwiseProgram(1, List.of(new Instruction(new Activations.Relu(), List.of(0))));
        assertThat(DeviceLayerCheck.of(product(false, false, relu)).variable(700, 768).constant(768, 384).constant(384).check(FAMILY))
                .contains(shapes);
        assertThat(DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).variable(301, 200).constant(200, 392).constant(392)
                .check(FAMILY)).contains(shapes);
        assertThat(DeviceLayerCheck.of(product(false, true, PointwiseProgram.IDENTITY)).variable(8200, 72).constant(1032, 72).absent()
                .check(FAMILY)).contains(shapes);
    }

    @Test
    void padsRowsThatDoNotBeginWhereVectorsDo() {
        PointwiseProgram tanh = new PointwiseProgram(1, List.of(new Instruction(new Activations.Tanh(), List.of(0))));
        for (boolean transposed : new boolean[] {false, true}) {
            for (int[] sizes : new int[][] {{500, 64}, {64, 500}, {75, 33}, {500, 8000}}) {
                long[] weights = transposed ? new long[] {sizes[1], sizes[0]} : new long[] {sizes[0], sizes[1]};
                assertThat(DeviceLayerCheck.of(product(false, transposed, tanh)).precision(Precision.FP16, 2e-2)
                        .variable(3, 30, sizes[0]).constant(weights).constant(sizes[1]).check(FAMILY)).hasSizeGreaterThanOrEqualTo(2);
                DeviceLayerCheck.of(product(false, transposed, PointwiseProgram.IDENTITY)).precision(Precision.BF16, 6e-2)
                        .variable(70, sizes[0]).constant(weights).absent().check(FAMILY);
            }
        }
    }

    @Test
    void multipliesBatches() {
        DeviceLayerCheck.of(product(false, true, PointwiseProgram.IDENTITY)).variable(2, 3, 16, 24).variable(2, 3, 40, 24)
                .check(FAMILY);
        DeviceLayerCheck.of(product(true, false, PointwiseProgram.IDENTITY)).variable(6, 24, 16).variable(6, 24, 40).check(FAMILY);
        DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).variable(1, 16, 24).variable(6, 24, 40)
                .check(FAMILY);
    }

    @Test
    void keepsThePrecision() {
        assertThat(FAMILY.offer(DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).precision(Precision.FP32, 0)
                .variable(16, 64).constant(64, 48).absent().layer(), DeviceLayerCheck.context()).reason()).contains("round");
        DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).precision(Precision.TF32, 2e-3).variable(16, 64)
                .constant(64, 48).constant(48).check(FAMILY);
        DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).precision(Precision.BF16, 2e-2).variable(16, 64)
                .constant(64, 48).constant(48).check(FAMILY);
        assertThat(FAMILY.offer(DeviceLayerCheck.of(product(false, false, PointwiseProgram.IDENTITY)).variable(16, 60)
                .variable(60, 10).absent().layer(), DeviceLayerCheck.context()).reason()).contains("multiple of 8");
    }
}
