package io.firesteel.op;

import io.firesteel.graph.Graph;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** Attention operators of transformers and what goes with them. */
public final class Attentions {

    private Attentions() { }

    /** What the last output of {@link Attention} shows. */
    public enum Scores {
        /** The scaled products of queries and keys. */
        PRODUCTS,
        /** The products after the soft cap. */
        CAPPED,
        /** What enters the softmax. */
        BIASED,
        /** The softmax. */
        PROBABILITIES
    }

    /**
     * Scaled dot-product attention: {@code softmax(softcap(scale * Q K^T) + bias) V}, with ONNX's meaning.
     *
     * <p>Inputs: 0 Q [batch, heads, queries, size], or [batch, queries, heads * size]; 1 K and 2 V likewise, V's size may differ; 3
     * mask, boolean (true takes part) or floating-point (added), broadcastable to [batch, heads, queries, keys] and padded with
     * minus infinity where its last axis is shorter, or absent; 4 and 5 earlier K and V [batch, key heads, past, size] that go in
     * front, or absent; 6 INT64 number of keys of each row that are not padding [batch], or absent. Outputs: 0 the result, shaped
     * like Q; 1 and 2 all K and V [batch, key heads, keys, size]; 3 scores [batch, heads, queries, keys]. A query that may see no
     * key gives zeros. Several query heads may share a key head: head {@code h} uses {@code h / (heads / key heads)}.
     *
     * @param scale factor of the products, or empty for {@code 1 / sqrt(size)}
     * @param softcap {@code softcap * tanh(products / softcap)} limits the products; 0 for no limit
     * @param causal whether query {@code i} sees only keys up to {@code i + offset}; the offset is the past length, else the
     *     number of keys that are not padding less the number of queries where input 6 is given, else 0
     * @param leftWindow how many keys before its own place a query sees; -1 for all
     * @param rightWindow how many keys after its own place a query sees; -1 for all
     * @param queryHeads heads of Q where it is given with three dimensions, else 0
     * @param keyHeads heads of K and V where they are given with three dimensions, else 0
     * @param scores what output 3 shows
     */
    public record Attention(Optional<Float> scale, float softcap, boolean causal, long leftWindow, long rightWindow,
            long queryHeads, long keyHeads, Scores scores) implements Contraction {

        /** Attention over four-dimensional inputs without windows and soft cap. */
        public Attention(Optional<Float> scale, boolean causal) {
            this(scale, 0, causal, -1, -1, 0, 0, Scores.PRODUCTS);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType query = context.tensor(0);
            Shape q = apart(query.shape(), queryHeads, context);
            Shape k = apart(context.shape(1), keyHeads, context);
            Shape v = apart(context.shape(2), keyHeads, context);
            if (q.dim(1).isConstant() && k.dim(1).isConstant()
                    && (k.dim(1).size() < 1 || q.dim(1).size() % k.dim(1).size() != 0)) {
                throw context.error(q.dim(1) + " query heads do not share " + k.dim(1) + " key heads evenly");
            }
            if (q.dim(3).isConstant() && k.dim(3).isConstant() && !q.dim(3).equals(k.dim(3))) {
                throw context.error("queries have " + q.dim(3) + " elements, keys " + k.dim(3));
            }
            Dim keys = k.dim(2);
            if (context.hasInput(4)) {
                Shape past = context.shape(4);
                keys = past == null || past.rank() != 4 ? context.unknownDim("keys")
                        : past.dim(2).plus(keys).orElseGet(() -> context.unknownDim("keys"));
            }
            TensorType result = query.withShape(query.shape().rank() == 4 ? Shape.of(q.dim(0), q.dim(1), q.dim(2), v.dim(3))
                    : Shape.of(q.dim(0), q.dim(2), v.dim(3).times(q.dim(1)).orElseGet(() -> context.unknownDim("hidden"))));
            return List.of(result, context.tensor(1).withShape(Shape.of(k.dim(0), k.dim(1), keys, k.dim(3))),
                    context.tensor(2).withShape(Shape.of(v.dim(0), v.dim(1), keys, v.dim(3))),
                    query.withShape(Shape.of(q.dim(0), q.dim(1), q.dim(2), keys)));
        }
    }

    /**
     * Attention whose scores and probabilities pass through graphs of the model. Inputs: 0 Q, 1 K, 2 V, all [batch, heads, places,
     * size]; then the values the score graph captures; then those of the probability graph. Each graph maps its first input, of
     * type {@code precision} and shape [batch, heads, queries, keys], to an output of the same type.
     *
     * @param scale factor of the products, or empty for {@code 1 / sqrt(size)}
     * @param precision element type of scores and probabilities
     * @param scoreGraph applied to the scaled products
     * @param probabilityGraph applied to the softmax
     */
    public record FlexAttention(Optional<Float> scale, DataType precision, Optional<Graph> scoreGraph,
            Optional<Graph> probabilityGraph) implements Contraction {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            Shape q = apart(context.shape(0), 0, context);
            Shape v = apart(context.shape(2), 0, context);
            return List.of(context.tensor(0).withShape(Shape.of(q.dim(0), q.dim(1), q.dim(2), v.dim(3))));
        }
    }

    /** How {@link LinearAttention} updates its state S from key k and value v. */
    public enum UpdateRule {
        /** {@code S + k v}. */
        LINEAR(false, false),
        /** {@code exp(decay) * S + k v}. */
        GATED(true, false),
        /** {@code S + beta * k (v - S k)}. */
        DELTA(false, true),
        /** {@code exp(decay) * S + beta * k (v - exp(decay) * S k)}. */
        GATED_DELTA(true, true);

        private final boolean decays;
        private final boolean corrects;

        UpdateRule(boolean decays, boolean corrects) {
            this.decays = decays;
            this.corrects = corrects;
        }

        /** Whether the state decays: input 4 is needed. */
        public boolean decays() {
            return decays;
        }

        /** Whether the value is corrected by what the state recalls: input 5 is needed. */
        public boolean corrects() {
            return corrects;
        }
    }

    /**
     * Linear attention: a state updated by each place in turn and read by its query.
     *
     * <p>Inputs: 0 queries [batch, places, heads * size]; 1 keys [batch, places, key heads * size]; 2 values [batch, places, key
     * heads * value size]; 3 the state before [batch, key heads, size, value size], or absent for zeros; 4 logarithm of the decay
     * [batch, places, key heads] or [batch, places, key heads * size]; 5 update rate [batch, places, key heads or 1]. Outputs: 0
     * [batch, places, heads * value size]; 1 the state after.
     *
     * @param rule how the state is updated
     * @param scale factor of the output, or empty for {@code 1 / sqrt(size)}
     * @param queryHeads heads of the queries, a multiple of the key heads
     * @param keyHeads heads of keys, values and state
     */
    public record LinearAttention(UpdateRule rule, Optional<Float> scale, long queryHeads, long keyHeads) implements Contraction {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            if (rule.decays() && !context.hasInput(4) || rule.corrects() && !context.hasInput(5)) {
                throw context.error("the update rule " + rule + " needs input " + (rule.decays() && !context.hasInput(4) ? 4 : 5));
            }
            Shape keys = apart(context.shape(1), keyHeads, context);
            Shape values = apart(context.shape(2), keyHeads, context);
            Dim width = values.dim(3).times(Dim.of(queryHeads)).orElseGet(() -> context.unknownDim("hidden"));
            TensorType query = context.tensor(0);
            TensorType state = context.hasInput(3) ? context.tensor(3) : query;
            return List.of(query.withShape(Shape.of(values.dim(0), values.dim(2), width)),
                    state.withShape(Shape.of(keys.dim(0), keys.dim(1), keys.dim(3), values.dim(3))));
        }
    }

    /**
     * Rotary position embedding. Inputs: 0 data [batch, heads, places, size] or [batch, places, heads * size]; 1 cosines and 2 sines,
     * [positions, rotated / 2] with input 3, [batch, places, rotated / 2] without; 3 INT64 positions [batch, places], or absent.
     *
     * @param heads number of heads where the data has three dimensions, else 0
     * @param rotated how many leading elements of each head are rotated; 0 for all
     * @param interleaved whether neighbours are rotated together, else element i with element i + rotated / 2
     */
    public record RotaryEmbedding(long heads, long rotated, boolean interleaved) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            apart(context.shape(0), heads, context);
            return List.of(context.tensor(0));
        }
    }

    /** The shape with heads on an axis of their own, [batch, heads, places, size], of data with three or four dimensions. */
    private static Shape apart(Shape shape, long heads, InferenceContext context) {
        if (shape == null || shape.rank() < 3 || shape.rank() > 4) {
            throw context.error("attention needs three or four dimensions, not " + shape);
        }
        if (shape.rank() == 4) {
            return shape;
        }
        if (heads < 1) {
            throw context.error("the number of heads is needed for data " + shape);
        }
        Dim size = shape.dim(2).dividedBy(Dim.of(heads)).orElseGet(() -> context.unknownDim("size"));
        if (shape.dim(2).isConstant() && !size.isConstant()) {
            throw context.error(heads + " heads do not divide " + shape.dim(2) + " elements");
        }
        return Shape.of(shape.dim(0), Dim.of(heads), shape.dim(1), size);
    }
}
