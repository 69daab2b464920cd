package io.firesteel.op;

import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.List;

/** Operators that only the optimizer makes. */
public final class Fused {

    private Fused() { }

    /**
     * A chain of pointwise operators computed in one pass over memory. Inputs are the program's inputs, broadcast against
     * each other.
     *
     * @param program what is computed
     */
    public record PointwiseChain(PointwiseProgram program) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(Epilogues.infer(program, context.inputTypes(), context));
        }
    }

    /**
     * Scaled dot-product attention over heads: {@code softmax(scale * Q K^T + mask) V}.
     *
     * <p>Inputs: 0 query [N, S, heads * D]; 1 key [N, T, heads * D]; 2 value [N, T, heads * V]; 3 a mask that is added, broadcastable
     * to [N, heads, S, T], or absent. When packed, input 0 is [N, S, 3 * heads * D] with query, key and value one after the
     * other along the last axis, and inputs 1 and 2 are absent. Result: [N, S, heads * V].
     *
     * @param heads number of heads
     * @param scale factor of the scores
     * @param packed whether input 0 holds query, key and value
     * @param zeroWhenMasked whether a query whose keys are all masked by minus infinity gives zeros; it gives NaN otherwise
     */
    public record MultiHeadAttention(long heads, float scale, boolean packed, boolean zeroWhenMasked) implements Contraction {

        /** Attention that gives NaN where all keys are masked. */
        public MultiHeadAttention(long heads, float scale, boolean packed) {
            this(heads, scale, packed, false);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType query = context.tensor(0);
            TensorType value = packed ? query : context.tensor(2);
            if (!query.hasRank() || !value.hasRank() || query.shape().rank() != 3 || value.shape().rank() != 3) {
                throw context.error("query and value must have three axes, are " + query + " and " + value);
            }
            Dim width = value.shape().dim(2);
            if (!width.isConstant() || heads < 1 || width.size() % (packed ? 3 * heads : heads) != 0) {
                throw context.error(heads + " heads do not divide a width of " + width);
            }
            long columns = packed ? width.size() / 3 : width.size();
            return List.of(query.withShape(Shape.of(query.shape().dim(0), query.shape().dim(1), Dim.of(columns))));
        }
    }
}
