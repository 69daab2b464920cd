package io.firesteel.op;

import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import io.firesteel.tensor.TensorType;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Loss functions over classes. */
public final class Losses {

    private Losses() { }

    /** What becomes of the losses of single elements. */
    public enum LossReduction {
        /** They are the result. */
        NONE,
        /** Their weighted mean is. */
        MEAN,
        /** Their sum is. */
        SUM
    }

    /**
     * The negative of the log probability (input 0, [N, C, ...]) of each target class (input 1, integers [N, ...]), times the
     * class's weight (input 2, [C], or absent for 1).
     *
     * @param reduction what becomes of the elements' losses
     * @param ignoreIndex the target whose loss is 0 and does not count in the mean
     */
    public record NegativeLogLikelihoodLoss(LossReduction reduction, Optional<Long> ignoreIndex) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(loss(reduction, context));
        }
    }

    /**
     * {@link NegativeLogLikelihoodLoss} of the log softmax over the classes of the scores (input 0); output 1 is the log softmax.
     *
     * @param reduction what becomes of the elements' losses
     * @param ignoreIndex the target whose loss is 0 and does not count in the mean
     */
    public record SoftmaxCrossEntropyLoss(LossReduction reduction, Optional<Long> ignoreIndex) implements Operator {
        @Override
        public List<ValueType> inferTypes(InferenceContext context) {
            return List.of(loss(reduction, context), context.tensor(0));
        }
    }

    private static TensorType loss(LossReduction reduction, InferenceContext context) {
        TensorType scores = context.tensor(0);
        DataType type = scores.dataType();
        Shape targets = context.shape(1);
        if (!context.tensor(1).dataType().isInteger() || scores.hasRank() && scores.shape().rank() < 2
                || scores.hasRank() && targets != null && targets.rank() != scores.shape().rank() - 1) {
            throw context.error("targets " + context.tensor(1) + " do not fit scores " + scores);
        }
        if (reduction != LossReduction.NONE) {
            return new TensorType(type, Shape.SCALAR);
        }
        if (!scores.hasRank()) {
            return new TensorType(type, targets);
        }
        List<Dim> dims = new ArrayList<>(scores.shape().dims());
        dims.remove(1);
        return scores.withShape(new Shape(dims));
    }
}
