package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.Normalizations;
import io.firesteel.op.Softmaxes;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class NormalizationEvaluatorsTest {

    private static final Offset<Float> CLOSE = within(1e-6f);

    private static Tensor vector(float... values) {
        return Tensor.floats(new long[] {values.length}, values);
    }

    @Test
    void batchNormalizationUsesGivenStatistics() {
        Tensor x = Tensor.floats(new long[] {1, 2, 2}, 1, 2, 3, 4);
        Tensor y = OneNode.run(new Normalizations.BatchNormalization(0), x, vector(2, 1), vector(0, 1), vector(1, 3), vector(4, 1));
        assertThat(y.toFloats()).containsExactly(new float[] {0, 1, 1, 2}, CLOSE);
        Tensor places = Tensor.floats(new long[] {2, 1}, 1, 2);
        assertThat(OneNode.run(new Normalizations.PerActivationBatchNormalization(0), Tensor.floats(new long[] {1, 2, 1}, 5, 6),
                places, places, places, places).toFloats()).containsExactly(new float[] {5, 4 * (float) Math.sqrt(2) + 2}, CLOSE);
    }

    @Test
    void trainingUsesTheBatchAndMovesTheRunningStatistics() {
        Tensor x = Tensor.floats(new long[] {4, 1}, 1, 1, 3, 3);
        List<Tensor> y = OneNode.run(new Normalizations.BatchNormalizationTraining(0, 0.75f), 3, x, vector(1), vector(0),
                vector(6), vector(5));
        assertThat(y.get(0).toFloats()).containsExactly(new float[] {-1, -1, 1, 1}, CLOSE);
        assertThat(y.get(1).toFloats()).containsExactly(new float[] {5}, CLOSE);
        assertThat(y.get(2).toFloats()).containsExactly(new float[] {4}, CLOSE);
    }

    @Test
    void layerNormalizationOverTheTrailingAxes() {
        Tensor x = Tensor.floats(new long[] {2, 1, 2}, 1, 3, 10, 30);
        List<Tensor> y = OneNode.run(new Normalizations.LayerNormalization(-2, 0), 3, x, vector(1, 2), vector(0, 1));
        assertThat(y.get(0).toFloats()).containsExactly(new float[] {-1, 3, -1, 3}, CLOSE);
        assertThat(y.get(1).sizes()).containsExactly(2, 1, 1);
        assertThat(y.get(1).toFloats()).containsExactly(new float[] {2, 20}, CLOSE);
        assertThat(y.get(2).toFloats()).containsExactly(new float[] {1, 0.1f}, CLOSE);
    }

    @Test
    void rmsNormalizationGivesTheTypeOfTheScale() {
        Tensor x = Tensor.zeros(DataType.FLOAT16, 1, 2);
        x.setDouble(0, 3);
        x.setDouble(1, -3);
        assertThat(OneNode.run(new Normalizations.RMSNormalization(-1, 0), x, vector(1, 2)).toFloats())
                .containsExactly(new float[] {1, -2}, CLOSE);
    }

    @Test
    void instancesAndGroupsHaveTheirOwnStatistics() {
        Tensor x = Tensor.floats(new long[] {1, 4, 2}, 1, 3, 10, 30, 5, 5, 7, 7);
        Tensor one = vector(1, 1, 1, 1);
        Tensor zero = vector(0, 0, 0, 0);
        assertThat(OneNode.run(new Normalizations.InstanceNormalization(1e-20f), x, one, zero).toFloats())
                .containsExactly(new float[] {-1, 1, -1, 1, 0, 0, 0, 0}, CLOSE);
        float[] groups = OneNode.run(new Normalizations.GroupNormalization(2, 0), x, one, zero).toFloats();
        assertThat(new float[] {groups[4], groups[7]}).containsExactly(new float[] {-1, 1}, CLOSE);
        assertThat(groups).containsExactly(
                OneNode.run(new Normalizations.GroupNormalization(2, 0), x, vector(1, 1), vector(0, 0)).toFloats());
    }

    @Test
    void normsAlongAxes() {
        Tensor x = Tensor.floats(new long[] {1, 2, 1, 1}, 3, 4);
        assertThat(OneNode.run(new Normalizations.LpNormalization(1, 2), x).toFloats()).containsExactly(new float[] {0.6f, 0.8f}, CLOSE);
        assertThat(OneNode.run(new Normalizations.LRN(3, 3, 1, 1), x).toFloats())
                .containsExactly(new float[] {3 / 26f, 4 / 26f}, CLOSE);
        assertThat(OneNode.run(new Normalizations.MeanVarianceNormalization(List.of(1L), true), x).toFloats())
                .containsExactly(new float[] {-1, 1}, CLOSE);
    }

    @Test
    void softmaxesAlongAnyAxis() {
        float third = (float) Math.log(2);
        Tensor x = Tensor.floats(new long[] {2, 2}, 0, 1000, third, 1000);
        assertThat(OneNode.run(new Softmaxes.Softmax(0), x).toFloats()).containsExactly(new float[] {1 / 3f, 0.5f, 2 / 3f, 0.5f}, CLOSE);
        assertThat(OneNode.run(new Softmaxes.LogSoftmax(-2), x).toFloats()[3]).isCloseTo(-third, CLOSE);
        assertThat(OneNode.run(new Softmaxes.Hardmax(0), x).toFloats()).containsExactly(0, 1, 1, 0);
    }
}
