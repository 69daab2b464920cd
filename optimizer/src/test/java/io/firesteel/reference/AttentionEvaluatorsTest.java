package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.op.Activations;
import io.firesteel.op.Attentions;
import io.firesteel.op.Indexing;
import io.firesteel.op.Attentions.Attention;
import io.firesteel.op.CausalConvWithState;
import io.firesteel.op.DeformConv;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AttentionEvaluatorsTest {

    private static final Offset<Float> CLOSE = within(1e-6f);
    private static final Tensor Q = Tensor.floats(new long[] {1, 1, 2, 1}, 0, 0);
    private static final Tensor K = Tensor.floats(new long[] {1, 1, 3, 1}, 1, 2, 3);
    private static final Tensor V = Tensor.floats(new long[] {1, 1, 3, 1}, 3, 6, 30);

    private static Attention plain(boolean causal) {
        return new Attention(Optional.of(1f), causal);
    }

    @Test
    void causalQueriesSeeTheirPastAndWindowsLimitIt() {
        assertThat(OneNode.run(plain(false), Q, K, V).toFloats()).containsExactly(new float[] {13, 13}, CLOSE);
        assertThat(OneNode.run(plain(true), Q, K, V).toFloats()).containsExactly(new float[] {3, 4.5f}, CLOSE);
        Attention window = new Attention(Optional.empty(), 0, false, 0, 1, 0, 0, Attentions.Scores.PRODUCTS);
        assertThat(OneNode.run(window, Q, K, V).toFloats()).containsExactly(new float[] {4.5f, 18}, CLOSE);
    }

    @Test
    void earlierKeysComeInFrontAndShiftTheCausalLimit() {
        Tensor past = Tensor.floats(new long[] {1, 1, 1, 1}, 9);
        List<Tensor> y = OneNode.run(plain(true), 3, Q, K, V, null, past, past);
        assertThat(y.get(0).toFloats()).containsExactly(new float[] {6, 6}, CLOSE);
        assertThat(y.get(1).toFloats()).containsExactly(9, 1, 2, 3);
        assertThat(y.get(2).toFloats()).containsExactly(9, 3, 6, 30);
    }

    @Test
    void masksHideOrAddAndAFullyMaskedRowIsZero() {
        Tensor mask = Tensor.zeros(DataType.BOOL, 2, 3);
        mask.setLong(1, 1);
        mask.setLong(2, 1);
        assertThat(OneNode.run(plain(false), Q, K, V, mask).toFloats()).containsExactly(new float[] {18, 0}, CLOSE);
        Tensor added = Tensor.floats(new long[] {1, 2}, (float) Math.log(2), 0);
        assertThat(OneNode.run(plain(false), Q, K, V, added).toFloats()).containsExactly(new float[] {4, 4}, CLOSE);
        assertThat(OneNode.run(plain(true), Q, K, V, null, null, null, Tensor.vector(2)).toFloats())
                .containsExactly(new float[] {3, 4.5f}, CLOSE);
    }

    @Test
    void packedHeadsShareKeyHeadsInGroups() {
        Tensor q = Tensor.floats(new long[] {1, 1, 4}, 0, 0, 0, 0);
        Tensor k = Tensor.floats(new long[] {1, 2, 2}, 0, 0, 0, 0);
        Tensor v = Tensor.floats(new long[] {1, 2, 2}, 1, 10, 3, 30);
        Attention op = new Attention(Optional.empty(), 0, false, -1, -1, 4, 2, Attentions.Scores.PROBABILITIES);
        List<Tensor> y = OneNode.run(op, 4, q, k, v);
        assertThat(y.get(0).toFloats()).containsExactly(new float[] {2, 2, 20, 20}, CLOSE);
        assertThat(y.get(3).toFloats()).containsOnly(0.5f);
    }

    @Test
    void softcapLimitsTheProducts() {
        Tensor one = Tensor.floats(new long[] {1, 1, 1, 1}, 4);
        Attention op = new Attention(Optional.of(1f), 2, false, -1, -1, 0, 0, Attentions.Scores.CAPPED);
        assertThat(OneNode.run(op, 4, one, one, one).get(3).toFloats())
                .containsExactly(new float[] {(float) (2 * Math.tanh(8))}, CLOSE);
    }

    @Test
    void flexibleAttentionRunsItsGraphs() {
        GraphBuilder builder = new GraphBuilder("score");
        String scores = builder.input("scores", TensorType.of(DataType.FLOAT32, 1, 1, 1, 2));
        builder.output("out", builder.add(new Activations.Relu(), scores));
        Graph relu = builder.build();
        Tensor q = Tensor.floats(new long[] {1, 1, 1, 1}, 1);
        Tensor k = Tensor.floats(new long[] {1, 1, 2, 1}, -7, 0);
        Tensor v = Tensor.floats(new long[] {1, 1, 2, 1}, 1, 2);
        Attentions.FlexAttention op = new Attentions.FlexAttention(Optional.empty(), DataType.FLOAT32, Optional.of(relu), Optional.empty());
        assertThat(OneNode.run(op, q, k, v).toFloats()).containsExactly(new float[] {1.5f}, CLOSE);
    }

    @Test
    void rotaryEmbeddingRotatesPairs() {
        Tensor x = Tensor.floats(new long[] {1, 1, 1, 6}, 1, 2, 3, 4, 5, 6);
        Tensor cosine = Tensor.floats(new long[] {2, 2}, 9, 9, 0, 1);
        Tensor sine = Tensor.floats(new long[] {2, 2}, 9, 9, 1, 0);
        Tensor position = Tensor.longs(new long[] {1, 1}, 1);
        assertThat(OneNode.run(new Attentions.RotaryEmbedding(0, 4, false), x, cosine, sine, position).toFloats())
                .containsExactly(-3, 2, 1, 4, 5, 6);
        assertThat(OneNode.run(new Attentions.RotaryEmbedding(0, 4, true), x, cosine, sine, position).toFloats())
                .containsExactly(-2, 1, 3, 4, 5, 6);
    }

    @Test
    void linearAttentionUpdatesItsState() {
        Tensor ones = Tensor.floats(new long[] {1, 2, 1}, 1, 1);
        Tensor v = Tensor.floats(new long[] {1, 2, 1}, 2, 4);
        Tensor decay = Tensor.floats(new long[] {1, 2, 1}, 0, (float) Math.log(0.5));
        Tensor beta = Tensor.floats(new long[] {1, 2, 1}, 1, 0.5f);
        Attentions.LinearAttention op = new Attentions.LinearAttention(Attentions.UpdateRule.GATED_DELTA, Optional.empty(), 1, 1);
        List<Tensor> y = OneNode.run(op, 2, ones, ones, v, null, decay, beta);
        assertThat(y.get(0).toFloats()).containsExactly(new float[] {2, 2.5f}, CLOSE);
        assertThat(y.get(1).toFloats()).containsExactly(new float[] {2.5f}, CLOSE);
    }

    @Test
    void cachesWrapAround() {
        Tensor cache = Tensor.floats(new long[] {1, 3, 1}, 1, 2, 3);
        Tensor update = Tensor.floats(new long[] {1, 2, 1}, 8, 9);
        assertThat(OneNode.run(new Indexing.TensorScatter(-2, true), cache, update, Tensor.vector(2)).toFloats())
                .containsExactly(9, 2, 8);
    }

    @Test
    void causalConvolutionCarriesItsState() {
        Tensor x = Tensor.floats(new long[] {1, 1, 2}, 3, 4);
        Tensor w = Tensor.floats(new long[] {1, 1, 3}, 1, 10, 100);
        Tensor before = Tensor.floats(new long[] {1, 1, 2}, 1, 2);
        List<Tensor> y = OneNode.run(new CausalConvWithState(false), 2, x, w, null, before);
        assertThat(y.get(0).toFloats()).containsExactly(321, 432);
        assertThat(y.get(1).toFloats()).containsExactly(3, 4);
    }

    @Test
    void deformedPlacesAreInterpolated() {
        Tensor x = Tensor.floats(new long[] {1, 1, 3}, 1, 2, 4);
        Tensor w = Tensor.floats(new long[] {1, 1, 1}, 1);
        Tensor offsets = Tensor.floats(new long[] {1, 1, 3}, 0.5f, 0.5f, 0.5f);
        DeformConv op = new DeformConv(List.of(1L), List.of(1L), List.of(0L), List.of(0L), 1, 1);
        assertThat(OneNode.run(op, x, w, offsets).toFloats()).containsExactly(new float[] {1.5f, 3, 2}, CLOSE);
    }
}
