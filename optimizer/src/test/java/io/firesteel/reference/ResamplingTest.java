package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.FiresteelException;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Losses;
import io.firesteel.op.Losses.LossReduction;
import io.firesteel.op.Optimizers;
import io.firesteel.op.Resampling;
import io.firesteel.op.Resampling.AspectRatioPolicy;
import io.firesteel.op.Resampling.CoordinateTransformation;
import io.firesteel.op.Resampling.Interpolation;
import io.firesteel.op.Resampling.Mode;
import io.firesteel.op.Resampling.NearestMode;
import io.firesteel.op.Resampling.PaddingMode;
import io.firesteel.op.Resampling.Resize;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ResamplingTest {

    private static Interpolation how(Mode mode, CoordinateTransformation transformation, boolean antialias) {
        return new Interpolation(mode, transformation, NearestMode.ROUND_PREFER_FLOOR, -0.75f, false, 0, antialias);
    }

    private static Resize byScales(Interpolation how, Float... scales) {
        List<Long> axes = scales.length == 1 ? List.of(0L) : List.of(0L, 1L);
        return new Resize(how, axes, List.of(scales), List.of(), AspectRatioPolicy.STRETCH, List.of());
    }

    @Test
    void nearestRepeatsElementsOfAnyType() {
        Tensor x = Tensor.longs(new long[] {2, 2}, Long.MAX_VALUE, 2, 3, Long.MIN_VALUE + 1);
        assertThat(Evaluate.one(byScales(how(Mode.NEAREST, CoordinateTransformation.HALF_PIXEL, false), 1f, 2f), x).toLongs())
                .containsExactly(Long.MAX_VALUE, Long.MAX_VALUE, 2, 2, 3, 3, Long.MIN_VALUE + 1, Long.MIN_VALUE + 1);
    }

    @Test
    void linearInterpolatesBetweenCenters() {
        Tensor x = Tensor.floats(new long[] {2}, 0, 4);
        assertThat(Evaluate.one(byScales(how(Mode.LINEAR, CoordinateTransformation.HALF_PIXEL, false), 2f), x).toFloats())
                .containsExactly(0, 1, 3, 4);
        assertThat(Evaluate.one(byScales(how(Mode.LINEAR, CoordinateTransformation.ALIGN_CORNERS, false), 1.5f), x).toFloats())
                .containsExactly(0, 2, 4);
    }

    @Test
    void antialiasingAveragesWhatShrinks() {
        Tensor x = Tensor.floats(new long[] {4}, 0, 8, 0, 8);
        float[] y = Evaluate.one(byScales(how(Mode.LINEAR, CoordinateTransformation.HALF_PIXEL, true), 0.5f), x).toFloats();
        assertThat(y[0]).isCloseTo(0.75f * 8 / 2, within(1e-5f));
        assertThat(y[0] + y[1]).isCloseTo(8, within(1e-5f));
    }

    @Test
    void cubicKeepsConstantsAndElements() {
        Tensor ones = Tensor.floats(new long[] {5}, 1, 1, 1, 1, 1);
        for (float value : Evaluate.one(byScales(how(Mode.CUBIC, CoordinateTransformation.HALF_PIXEL, false), 1.7f), ones).toFloats()) {
            assertThat(value).isCloseTo(1, within(1e-6f));
        }
        Tensor x = Tensor.floats(new long[] {3}, 1, 5, 2);
        assertThat(Evaluate.one(byScales(how(Mode.CUBIC, CoordinateTransformation.ASYMMETRIC, false), 2f), x).getDouble(2)).isEqualTo(5);
    }

    @Test
    void aspectRatioPolicyTakesOneScale() {
        Resize resize = new Resize(how(Mode.NEAREST, CoordinateTransformation.HALF_PIXEL, false), List.of(0L, 1L), List.of(),
                List.of(7L, 8L), AspectRatioPolicy.NOT_LARGER, List.of());
        assertThat(resize.outputSizes(new long[] {2, 4})).containsExactly(4, 8);
    }

    @Test
    void wholeScalesKeepSymbols() {
        GraphBuilder g = new GraphBuilder("g");
        String x = g.input("x", new TensorType(DataType.FLOAT32, Shape.of(Dim.symbol("H"), Dim.of(3))));
        String y = g.add(byScales(how(Mode.NEAREST, CoordinateTransformation.ASYMMETRIC, false), 2f, 1.5f), x);
        assertThat(g.tensor(y).shape()).isEqualTo(Shape.of(new Dim(2, "H", 0), Dim.of(4)));
        assertThatThrownBy(() -> g.add(byScales(how(Mode.NEAREST, CoordinateTransformation.ASYMMETRIC, false), 0f, 1f), x))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("positive");
    }

    @Test
    void identityMapSamplesTheDataItself() {
        Tensor theta = Tensor.floats(new long[] {1, 2, 3}, 1, 0, 0, 0, 1, 0);
        Tensor x = Tensor.floats(new long[] {1, 1, 2, 3}, 1, 2, 3, 4, 5, 6);
        Tensor grid = Evaluate.one(new Resampling.AffineGrid(false), theta, Tensor.vector(1, 1, 2, 3));
        for (Mode mode : Mode.values()) {
            float[] y = Evaluate.one(new Resampling.GridSample(mode, PaddingMode.BORDER, false), x, grid).toFloats();
            for (int i = 0; i < 6; i++) {
                assertThat(y[i]).isCloseTo(i + 1, within(1e-5f));
            }
        }
    }

    @Test
    void positionsOutsideFollowThePaddingMode() {
        Tensor x = Tensor.floats(new long[] {1, 1, 1, 3}, 1, 2, 3);
        Tensor grid = Tensor.floats(new long[] {1, 1, 1, 2}, 2, 0);
        assertThat(outside(x, grid, PaddingMode.ZEROS)).isEqualTo(0);
        assertThat(outside(x, grid, PaddingMode.BORDER)).isEqualTo(3);
        assertThat(outside(x, grid, PaddingMode.REFLECTION)).isEqualTo(2);
    }

    private static double outside(Tensor x, Tensor grid, PaddingMode padding) {
        return Evaluate.one(new Resampling.GridSample(Mode.NEAREST, padding, true), x, grid).getDouble(0);
    }

    @Test
    void crossEntropyIgnoresAndWeighs() {
        Tensor scores = Tensor.floats(new long[] {3, 2}, 0, 0, 1, 2, 5, 5);
        Tensor targets = Tensor.vector(0, 1, -1);
        List<HostValue> results = Evaluate.all(new Losses.SoftmaxCrossEntropyLoss(LossReduction.MEAN, Optional.of(-1L)), 2,
                scores, targets, Tensor.floats(new long[] {2}, 1, 3));
        double second = Math.log(1 + Math.exp(-1));
        assertThat(((Tensor) results.get(0)).getDouble(0)).isCloseTo((Math.log(2) + 3 * second) / 4, within(1e-6));
        assertThat(((Tensor) results.get(1)).getDouble(3)).isCloseTo(-second, within(1e-6));
        assertThatThrownBy(() -> Evaluate.one(new Losses.NegativeLogLikelihoodLoss(LossReduction.SUM, Optional.empty()), scores,
                Tensor.vector(0, 1, 2))).isInstanceOf(FiresteelException.class).hasMessageContaining("out of range");
    }

    @Test
    void momentumAccumulates() {
        Tensor rate = Tensor.scalar(DataType.FLOAT32, 0.5);
        List<HostValue> results = Evaluate.all(new Optimizers.Momentum(0.5f, 2, false, 0), 2, rate, Tensor.longs(new long[0], 1),
                Tensor.floats(new long[] {1}, 10), Tensor.floats(new long[] {1}, 3), Tensor.floats(new long[] {1}, 4));
        assertThat(((Tensor) results.get(1)).getDouble(0)).isEqualTo(0.5 * 4 + 2 * 3);
        assertThat(((Tensor) results.get(0)).getDouble(0)).isEqualTo(10 - 0.5 * 8);
    }
}
