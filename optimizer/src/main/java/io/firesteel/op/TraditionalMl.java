package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Operators of traditional machine learning (ONNX's domain ai.onnx.ml) on numbers. */
public final class TraditionalMl {

    private TraditionalMl() { }

    /** The columns of the data (input 0) [..., F] that input 1, integers, names; a vector counts as one row. */
    public record ArrayFeatureExtractor() implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            Shape indices = context.shape(1);
            if (!data.hasRank() || indices == null) {
                return List.of(TensorType.ofUnknownRank(data.dataType()));
            }
            List<Dim> dims = new ArrayList<>(data.shape().dims());
            if (dims.isEmpty()) {
                throw context.error("data must not be a scalar");
            }
            dims.set(dims.size() - 1, indices.product(0, indices.rank()).orElseGet(() -> context.unknownDim("features")));
            if (dims.size() == 1) {
                dims.add(0, Dim.of(1));
            }
            return List.of(data.withShape(new Shape(dims)));
        }
    }

    /**
     * 1 where the data exceeds a threshold, else 0.
     *
     * @param threshold the threshold
     */
    public record Binarizer(float threshold) implements UnaryOperator { }

    /**
     * Replaces keys by values.
     *
     * @param keys a vector
     * @param values the value of each key
     * @param otherwise a tensor of one element: the value of everything else
     */
    public record LabelEncoder(Tensor keys, Tensor values, Tensor otherwise) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            if (keys.elements() != values.elements() || otherwise.elements() != 1 || otherwise.dataType() != values.dataType()) {
                throw context.error(keys.elements() + " keys, " + values.elements() + " values and default " + otherwise.type()
                        + " do not fit together");
            }
            return List.of(context.tensor(0).withDataType(values.dataType()));
        }
    }

    /** How the trees' leaves become one result. */
    public enum Aggregation { AVERAGE, SUM, MIN, MAX }

    /** What is applied to a row of results. */
    public enum PostTransform { NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO }

    /**
     * The nodes of trees, each attribute a vector with one element for each node.
     *
     * @param features the column a node looks at
     * @param modes how it compares with its split: 0 to 5 for less or equal, less, greater or equal, greater, equal, not equal;
     *         6 for membership
     * @param splits what it compares with
     * @param trueNodes the node, or leaf, where the comparison holds
     * @param trueLeaves 1 where that is a leaf
     * @param falseNodes the node, or leaf, where it does not hold
     * @param falseLeaves 1 where that is a leaf
     * @param missingTracksTrue 1 where the comparison holds for NaN; absent for nowhere
     * @param members for all membership nodes in order, their members, each set followed by NaN; absent for none
     */
    public record TreeNodes(Tensor features, Tensor modes, Tensor splits, Tensor trueNodes, Tensor trueLeaves, Tensor falseNodes,
            Tensor falseLeaves, Optional<Tensor> missingTracksTrue, Optional<Tensor> members) { }

    /**
     * An ensemble of decision trees on data [N, F]. Result: [N, targets].
     *
     * @param nodes the trees' nodes
     * @param roots the node each tree starts at
     * @param leafTargets the result column a leaf adds to
     * @param leafWeights what it adds
     * @param targets the number of result columns
     * @param aggregation how leaves become one result
     * @param postTransform applied to each row of results
     */
    public record TreeEnsemble(TreeNodes nodes, List<Long> roots, Tensor leafTargets, Tensor leafWeights, long targets,
            Aggregation aggregation, PostTransform postTransform) implements Operator {

        public TreeEnsemble {
            roots = List.copyOf(roots);
        }

        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            TensorType data = context.tensor(0);
            if (targets < 1 || data.hasRank() && data.shape().rank() != 2 || !data.dataType().isFloatingPoint()
                    || leafTargets.elements() != leafWeights.elements()) {
                throw context.error("data must be [N, F] of floating-point numbers, is " + data + "; targets " + targets);
            }
            DataType type = data.dataType();
            return List.of(new TensorType(type, Shape.of(data.hasRank() ? data.shape().dim(0) : context.unknownDim("N"),
                    Dim.of(targets))));
        }
    }
}
