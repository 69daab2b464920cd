package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import io.firesteel.op.Detection;
import io.firesteel.op.Einsum;
import io.firesteel.op.TraditionalMl;
import io.firesteel.op.TraditionalMl.Aggregation;
import io.firesteel.op.TraditionalMl.PostTransform;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DetectionTest {

    @Test
    void overlappingBoxesOfLowerScoreAreLeftOut() {
        Tensor boxes = Tensor.floats(new long[] {1, 3, 4}, 0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 1, 3, 0, 2);
        Tensor scores = Tensor.floats(new long[] {1, 1, 3}, 0.5f, 0.9f, 0.7f);
        Tensor limit = Tensor.longs(new long[0], 10);
        Tensor overlap = Tensor.scalar(DataType.FLOAT32, 0.5);
        assertThat(Evaluate.one(new Detection.NonMaxSuppression(false), boxes, scores, limit, overlap).toLongs())
                .containsExactly(0, 0, 1, 0, 0, 2);
        assertThat(Evaluate.one(new Detection.NonMaxSuppression(false), boxes, scores, limit, overlap,
                Tensor.scalar(DataType.FLOAT32, 0.8)).toLongs()).containsExactly(0, 0, 1);
        assertThat(Evaluate.one(new Detection.NonMaxSuppression(false), boxes, scores).sizes()).containsExactly(0, 3);
    }

    @Test
    void regionsArePooled() {
        Tensor x = Tensor.floats(new long[] {1, 1, 2, 4}, 1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(Evaluate.one(new Detection.MaxRoiPool(1, 2, 1), x, Tensor.floats(new long[] {1, 5}, 0, 0, 0, 3, 1)).toFloats())
                .containsExactly(6, 8);
        Tensor aligned = Evaluate.one(new Detection.RoiAlign(false, 1, 1, 1, 1, true), x,
                Tensor.floats(new long[] {1, 4}, 0, 0, 4, 2), Tensor.vector(0));
        assertThat(aligned.toFloats()).containsExactly(4.5f);
    }

    @Test
    void einsumMultipliesTransposesAndTakesDiagonals() {
        Tensor a = Tensor.longs(new long[] {2, 2}, 1, 2, 3, 4);
        Tensor b = Tensor.longs(new long[] {2, 2}, 5, 6, 7, 8);
        assertThat(Evaluate.one(new Einsum("ij, jk -> ik"), a, b).toLongs()).containsExactly(19, 22, 43, 50);
        assertThat(Evaluate.one(new Einsum("ii"), a).toLongs()).containsExactly(5);
        assertThat(Evaluate.one(new Einsum("ji"), a).toLongs()).containsExactly(1, 3, 2, 4);
        assertThat(Evaluate.one(new Einsum("...i,i->..."), a, Tensor.vector(10, 1)).toLongs()).containsExactly(12, 34);
        assertThatThrownBy(() -> Evaluate.one(new Einsum("ijk->i"), a)).isInstanceOf(FiresteelException.class)
                .hasMessageContaining("does not fit");
    }

    private static TraditionalMl.TreeEnsemble stump(Aggregation aggregation, PostTransform transform, long loop) {
        TraditionalMl.TreeNodes nodes = new TraditionalMl.TreeNodes(Tensor.vector(0), Tensor.vector(0),
                Tensor.floats(new long[] {1}, 0.5f), Tensor.vector(0), Tensor.vector(1 - loop), Tensor.vector(1 - loop),
                Tensor.vector(1 - loop), Optional.of(Tensor.vector(1)), Optional.empty());
        return new TraditionalMl.TreeEnsemble(nodes, List.of(0L, 0L), Tensor.vector(0, 1), Tensor.floats(new long[] {2}, 3, 4), 2,
                aggregation, transform);
    }

    @Test
    void treesAddUpTheirLeaves() {
        Tensor x = Tensor.floats(new long[] {3, 1}, 0, 1, Float.NaN);
        assertThat(Evaluate.one(stump(Aggregation.SUM, PostTransform.NONE, 0), x).toFloats()).containsExactly(6, 0, 0, 8, 6, 0);
        assertThat(Evaluate.one(stump(Aggregation.AVERAGE, PostTransform.NONE, 0), x).toFloats()).containsExactly(3, 0, 0, 4, 3, 0);
        assertThatThrownBy(() -> Evaluate.one(stump(Aggregation.SUM, PostTransform.NONE, 1), x))
                .isInstanceOf(FiresteelException.class).hasMessageContaining("cycle");
    }

    @Test
    void labelsAreReplaced() {
        TraditionalMl.LabelEncoder encoder = new TraditionalMl.LabelEncoder(Tensor.floats(new long[] {2}, Float.NaN, 0),
                Tensor.vector(7, 8), Tensor.vector(-1));
        assertThat(Evaluate.one(encoder, Tensor.floats(new long[] {3}, -0f, Float.NaN, 5)).toLongs()).containsExactly(8, 7, -1);
    }

    @Test
    void featuresAreExtractedAndBinarized() {
        Tensor x = Tensor.floats(new long[] {2, 3}, 1, 2, 3, 4, 5, 6);
        assertThat(Evaluate.one(new TraditionalMl.ArrayFeatureExtractor(), x, Tensor.vector(2, 0)).toFloats())
                .containsExactly(3, 1, 6, 4);
        assertThat(Evaluate.one(new TraditionalMl.Binarizer(3), x).toFloats()).containsExactly(0, 0, 0, 1, 1, 1);
    }
}
