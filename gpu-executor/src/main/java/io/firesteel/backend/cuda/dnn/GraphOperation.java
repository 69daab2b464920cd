package io.firesteel.backend.cuda.dnn;

import java.util.List;
import java.util.Map;

/** An operation of a graph. Sums of bytes are computed in int32, other sums and pointwise functions in fp32. */
sealed interface GraphOperation {

    /** The tensors it reads and the one it makes, which comes last. */
    List<GraphTensor> tensors();

    /** Cross-correlation of x [N, C, spatial...] with w [K, C / groups, spatial...]. */
    record Convolution(GraphTensor x, GraphTensor w, GraphTensor y, Window window) implements GraphOperation {
        @Override
        public List<GraphTensor> tensors() {
            return List.of(x, w, y);
        }
    }

    /** Product of matrices a [batch..., M, K] and b [batch..., K, N]; batch axes of 1 are broadcast. */
    record MatrixProduct(GraphTensor a, GraphTensor b, GraphTensor c) implements GraphOperation {
        @Override
        public List<GraphTensor> tensors() {
            return List.of(a, b, c);
        }
    }

    /**
     * Scaled dot-product attention without a mask: q [batch, heads, S, D], k [batch, heads, T, D], v [batch, heads, T, V], the scale as a
     * scalar of their rank, y [batch, heads, S, V].
     */
    record Attention(GraphTensor q, GraphTensor k, GraphTensor v, GraphTensor scale, GraphTensor y) implements GraphOperation {
        @Override
        public List<GraphTensor> tensors() {
            return List.of(q, k, v, scale, y);
        }
    }

    /** A function of one or two operands, the second one broadcast to the first, with the function's parameters. */
    record Pointwise(PointwiseMode mode, Map<Attribute, Double> parameters, List<GraphTensor> operands, GraphTensor result)
            implements GraphOperation {

        public Pointwise {
            parameters = Map.copyOf(parameters);
            operands = List.copyOf(operands);
        }

        @Override
        public List<GraphTensor> tensors() {
            return operands.size() == 1 ? List.of(operands.get(0), result)
                    : List.of(operands.get(0), operands.get(1), result);
        }
    }
}
